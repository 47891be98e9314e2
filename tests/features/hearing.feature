Feature: Hearing the client
  One click in the mail, one press of "send" on the page. What was said is never overwritten.

  Background:
    Given a help-desk that asks on the scale faces-3
    And a ticket whose resolution-time target was met
    And the client has the mail

  Scenario: Looking is not answering
    When the client opens the link of score 1
    Then the page says that nothing was sent yet
    And the verdict on the ticket is pending

  Scenario: One click and one press of "send"
    When the client opens the link of score 1
    And presses "send"
    Then the verdict on the ticket is watermelon
    And the page asks why, with at most three reasons at first

  Scenario: A content client is not asked why
    When the client opens the link of score 3
    And presses "send"
    Then the verdict on the ticket is confirmed
    And the page does not ask why

  Scenario: A form that lay open for too long is shown again, with the score kept
    When the client opens the link of score 1
    And waits for 31 minutes
    And presses "send"
    Then the page says that it must be sent again
    And the verdict on the ticket is pending
    When the client presses "send" on the page that came back
    Then the verdict on the ticket is watermelon

  Scenario: A change of mind inside the edit window
    Given the client has answered 1
    When the client answers 3 from the same computer
    Then the verdict on the ticket is confirmed
    And both answers are kept

  Scenario: Somebody else to whom the mail was forwarded
    Given the client has answered 3
    When the client answers 1 from another computer
    Then the verdict on the ticket is confirmed
    And an answer waits for a ruling

  Scenario: A change of mind after the edit window
    Given the client has answered 3
    When the client waits for 1430 minutes
    And the client opens the link of score 1
    And waits for 20 minutes
    And presses "send"
    Then the page says that the question is answered already, with status 409
    And the verdict on the ticket is confirmed

  Scenario: The same answer again changes nothing
    Given the client has answered 3
    When the client answers 3 from another computer
    Then one answer is kept

  Scenario Outline: Links that lead nowhere any more
    Given <what>
    When the client opens the link of score 1
    Then the page is friendly, with status <status>

    Examples:
      | what                         | status |
      | the time to answer is over   | 410    |
      | the ticket was reopened      | 410    |
      | the link was cut short       | 404    |

  Scenario: A scanner opens every link and sends the form before the client
    When a mail scanner sends score 1 at once
    Then the verdict on the ticket is pending
    And an answer is provisional
    When the client answers 3 from the same computer
    Then the verdict on the ticket is confirmed
    And the answers kept are 1 superseded, 3 counted

  Scenario: The client says what the scanner said
    Given a mail scanner has sent score 1
    When the client answers 1 from the same computer
    Then the verdict on the ticket is watermelon
    And the answers kept are 1 counted

  Scenario: A scanner comes after the client
    Given the client has answered 3
    When a mail scanner sends score 1 at once
    Then the verdict on the ticket is confirmed
    And the answers kept are 1 ignored, 3 counted

  Scenario: Only a scanner has answered when the time is over
    Given a mail scanner has sent score 1
    When the time to answer is over
    Then the verdict on the ticket is unanswered
    And an answer of score 1 waits for a ruling
    When pavel accepts it, since "the client said so on the telephone"
    Then the verdict on the ticket is watermelon

  Scenario: A ruling on what somebody else answered
    Given the client has answered 3
    And another person has answered 1 from another computer
    When pavel accepts it, since "the client forwarded the mail to the user"
    Then the verdict on the ticket is watermelon
    And the answers kept are 1 counted, 3 superseded

  Scenario: An answer that is withdrawn
    Given the client has answered 1
    When pavel withdraws it, since "it was about another ticket"
    Then the verdict on the ticket is pending
    And the answers kept are 1 withdrawn
    When the client answers 3 from another computer
    Then the verdict on the ticket is confirmed

  Scenario Outline: The ticket's own agent has no say about the score
    Given the client has answered 1
    When the ticket's agent tries to <what>
    Then it is refused, and the agent is named
    And the verdict on the ticket is watermelon

    Examples:
      | what                       |
      | enter an answer of score 3 |
      | rate it 3 in the portal    |
      | withdraw the answer        |

  Scenario: A client who is logged in to the portal
    When the client rates the ticket 3 in the portal
    Then the verdict on the ticket is confirmed
    And the answers kept are 3 counted
    When the client answers 3 from the same computer
    Then the answers kept are 3 counted
