"""What came back: answers recorded once, never overwritten, and the news of them."""
