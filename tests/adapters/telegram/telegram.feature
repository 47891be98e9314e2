Feature: Asking in Telegram
  One tap answers. What comes back twice, late, forged or from elsewhere changes nothing, and the client always gets a word.

  Background:
    Given a help-desk that asks in Telegram, and by mail where it cannot

  Scenario Outline: One tap is an answer, and why is asked
    Given a ticket of a client who speaks <language>, closed within its target
    When the worker runs
    Then the chat shows the question "<question>" with the buttons <buttons>
    When the client taps "<bad>"
    Then the verdict on the ticket is watermelon
    And the message says "<thanks>" and asks why, with three reasons and "<more>"
    When the client taps "<more>"
    And the client taps "<reason>"
    Then the reasons kept are not_solved
    And the message offers "<reason>" no more
    When the client replies "<words>"
    Then the comments kept are "<words>"
    And the chat's newest message says "<noted>"
    And the bot was called as the Bot API takes it

    Examples:
      | language | question                       | buttons            | bad   | thanks     | more             | reason                      | words        | noted     |
      | ru       | Как решён ваш вопрос?     | Плохо, Нормально, Хорошо | Плохо | Спасибо    | Другие причины…  | Проблема не решена          | Долго ждал   | Спасибо   |
      | en       | How was your request resolved? | Bad, Okay, Good      | Bad   | Thank you  | Other reasons…   | The problem is not solved   | I waited     | Thank you |

  Scenario: A content client is thanked and not asked why
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And the client taps "Good"
    Then the verdict on the ticket is confirmed
    And the message has no buttons

  Scenario: Telegram posts the same tap again and again
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And the client taps "Bad"
    And Telegram posts that again
    Then one answer is kept
    And the bot was not called for the repeats

  Scenario: Somebody posts a tap without the secret
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And somebody posts a tap on "Good" with another secret
    Then it is refused
    And the verdict on the ticket is pending

  Scenario: A tap after the time to answer is over
    Given a ticket of a client who speaks ru, closed within its target
    When the worker runs
    And 29 days pass
    And the client taps "Плохо"
    Then the verdict on the ticket is unanswered
    And the client sees a notice, and the message has no buttons

  Scenario: A tap on a question of another tenant's
    Given a ticket of a client who speaks en, closed within its target
    And another tenant asks the same client
    When the worker runs
    And the other tenant's question is tapped, and comes in at our door
    Then no answer is kept
    And the other tenant's question still has its buttons

  Scenario: The client has blocked the bot
    Given a ticket of a client who speaks en, closed within its target
    And the client has blocked the bot
    When the worker runs
    And the worker runs
    Then the client gets one mail
    And the log says that the bot is blocked, without the token and the chat

  Scenario: The client connects the chat by a link
    Given a client without a chat has opened the link that the help-desk shows
    And a ticket of that client, closed within its target
    When the worker runs
    Then the chat shows the question "How was your request resolved?" with the buttons Bad, Okay, Good

  Scenario: The client blocks the bot and lets us know nothing else
    Given a client without a chat has opened the link that the help-desk shows
    When the client blocks the bot
    And a ticket of that client is closed
    And the worker runs
    Then the client gets one mail
    And the bot was not called for it

  Scenario: A link that is too old connects nothing
    Given a client without a chat has opened the link after 31 days
    And a ticket of that client, closed within its target
    When the worker runs
    Then the client gets one mail
    And the chat has no question

  Scenario: The chat was migrated
    Given a ticket of a client who speaks en, closed within its target
    And the chat has become another
    When the worker runs
    And the client taps "Good" there
    Then the verdict on the ticket is confirmed

  Scenario: The client wants to be asked no more
    Given a ticket of a client who speaks en, closed within its target
    When the client writes "/stop"
    And the worker runs
    Then the chat has no question
    And the client gets no mail

  Scenario: Words that reply to nothing are about the newest question
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And the client writes "I waited"
    And the client taps "Bad"
    And the client writes "for a week"
    Then the verdict on the ticket is watermelon
    And the comments kept are "I waited" and "for a week"

  Scenario: Words of a kind that nobody expects
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And the client taps "Bad"
    And the client replies 4096 times "ы"
    And odd updates come in
    Then the verdict on the ticket is watermelon
    And one comment of 4096 characters is kept

  Scenario: Where Telegram cannot reach us, the bot is polled, and a crash repeats at most one batch
    Given a ticket of a client who speaks en, closed within its target
    When the worker runs
    And the client taps "Bad", which nobody posts
    And a poller takes it and dies
    And another poller takes what there is
    Then the verdict on the ticket is watermelon
    And one answer is kept
    And nothing waits at Telegram
