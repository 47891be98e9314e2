Feature: The telephone
  A state fund's CRM says that a service was given. Some days later the telephone rings: a message recorded for that
  service asks for one key. Nobody answers: an e-mail with a link goes instead. A low score opens a comment.

  Scenario: Three calls that nobody takes, and a mail that is answered by a three
    Given a state fund with a PBX of its own and a message recorded for the microloan
    When the fund's CRM posts, signed, that a microloan was given to Irina
    Then it is told that she will be asked over phone, email
    And for 3 days nothing rings and no mail comes
    When it is ten in the morning where Irina lives, and nobody takes the telephone
    Then the telephone has rung 3 times, half a minute each, to play the microloan's message
    And each time it would have taken one key of 0123456789
    And an e-mail with a link has gone instead
    When Irina opens the mail and clicks 3
    Then nothing is stored yet, and the page says so
    When she confirms it
    Then the score 3 is stored, and the page asks what went wrong, with a place for a comment
    When she chooses speed and writes "Три недели ждала денег"
    Then the reason and the comment stand with the score
    And the telephone rings no more, and no other mail comes
    And the log holds all of it
    And the reports by month, quarter and year show one answer, dissatisfied

  Scenario: A key is pressed, and what a change brought is seen in the next month
    Given a state fund with a PBX of its own and a message recorded for the microloan
    And a PBX on which clients press 2 and 9
    When Irina is called about a microloan in November
    And the fund changes its ways, and Irina is called about a microloan in December
    Then the reports by month show dissatisfied in November and satisfied in December
    And the reports by quarter and year show both

  Scenario: What is not recorded is not played, and nothing stands in for it
    Given a state fund with a PBX of its own and a message recorded for the microloan
    When a grant is given to Irina, for which nothing is recorded
    And a microloan is given to John, in whose language nothing is recorded
    Then the telephone does not ring, and both get a mail
    And the log says no_recording for each
    When a grant is given to Oleg, who has a telephone only
    Then he is not asked, and the reason is no_recording
