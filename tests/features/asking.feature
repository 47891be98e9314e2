Feature: Asking the client of a closed ticket
  One question for each resolution and person, or a reason why there is none.

  Scenario: A closed ticket brings one mail with a link for each score
    Given a help-desk that asks on the scale faces-3
    When a ticket is closed
    And the worker runs
    Then the client gets one mail
    And the mail has a link for each of the scores 1, 2, 3
    And the mail can be answered with one click to be asked no more
    And a reply to the mail does not go to the help-desk's own mailbox

  Scenario: A closing that the help-desk tells twice is asked about once
    Given a help-desk that asks on the scale faces-3
    When a ticket is closed
    And the same closing is told again
    And the worker runs
    Then the client gets one mail

  Scenario: A ticket that is reopened before the question leaves is not asked about
    Given a help-desk that asks on the scale faces-3
    When a ticket is closed
    And the ticket is reopened
    And the worker runs
    Then the client gets no mail

  Scenario: A ticket that is closed again is asked about again
    Given a help-desk that asks on the scale faces-3
    When a ticket is closed
    And the ticket is reopened
    And a ticket is closed
    And the worker runs
    Then the client gets one mail

  Scenario: A client who asked not to be asked is left alone
    Given a help-desk that asks on the scale faces-3
    And the client has pressed "unsubscribe" in an earlier mail
    When a ticket is closed
    And the worker runs
    Then the client gets no mail
    And the reason kept for not asking is opted_out
