Feature: A support desk holds its KPI against what clients say
  Under a time target agents send brush-off replies, pass tickets to others, patch symptoms instead of causes. One click
  by mail, Telegram or SMS, or an operator's call, says what the clock does not.

  Scenario: Four tickets closed in time, and four clients who were not helped
    Given a support desk that resolves within a day, and asks over Telegram, SMS, mail or an operator's call
    When boris writes "Read the manual." to Irina ten minutes later, and closes
    And Kirill's ticket goes from olga to petr and on to vera, who closes it the same day
    And petr patches Marina's printer in two hours
    And boris writes "Not ours." to Gleb ten minutes later, and closes
    And the gateway says that Gleb's number takes no text messages
    Then Irina has a mail, Kirill a message in his chat and Marina a text message, each with one question of three points
    And a call to Gleb waits on the operators' page, but not for boris
    When Irina clicks on the lowest point
    Then the page asks that one question, and has no box for text
    When she presses "send"
    Then the page thanks her, offers reasons with rudeness in sight, and keeps the box for text folded
    When she chooses "Rude or indifferent treatment" and presses "send" once more
    And Kirill taps "Bad", and among the reasons "I was passed from one person to another"
    And Marina answers "1 it jams again"
    And Gleb says 1 to the operator who calls him
    And Marina is back nine days later with the same printer, it is replaced, and she answers "3"
    Then each of the four tickets met its target, and still is a watermelon with its sign
      | ticket | client | channel  | sign      | charged    |
      | S-1    | Irina  | email    | brush_off | boris      |
      | S-2    | Kirill | telegram | bouncing  | olga, petr |
      | S-3    | Marina | sms      | quick_fix | petr       |
      | S-4    | Gleb   | operator | brush_off | boris      |
    And the desk heard each verdict, and wrote it on the ticket
    And Marina's new ticket is confirmed, and has no sign
    And the manager's report shows that the target was met on 100%, and 1 of 5 clients satisfied
    And among the weak points it names rude treatment, and being passed around
    And the log of each ticket holds all of it

  Scenario: Three points are often enough
    Given a support desk that asks for one to five stars, and has no answers yet
    When its manager asks whether the difference between 4 and 5 is taken into account anywhere
    Then it is told that it is nowhere, nor that between 1 and 2
    When it asks for one of three faces instead
    Then it is told that each point is of use

  Scenario: Change over time, by two figures that are never used alone, nor for pay
    Given a support desk that wants 90% of tickets in time and 80% of clients satisfied
    When ten tickets are closed in time in a month, and 4 of their clients answer
    And in the next month all ten answer, 3 of them satisfied
    Then the report says that there are too few answers to tell a change or a trend
    When it is so for 3 months more
    Then the report calls it a watermelon, and the desk has heard of it
    And the report says that nothing changed beyond chance
    When it changes its ways, and in the next month all ten answer, 10 of them satisfied
    Then the report says that the satisfied share is up by 70 points, beyond chance, with the target met as before
    When it stays so for 3 months more
    Then the report says that the satisfied share rises over 8 months, and that seasons are not excluded
    And for every reader the report shows both figures side by side, that of the answers with its interval
    And every page about an agent says that it is a reason to look, and never a measure for pay
    But everyone's report shows no agent
    And a target for an agent is refused, and what was agreed stays in force
