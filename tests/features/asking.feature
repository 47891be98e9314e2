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

  Rule: Nobody is asked often

    Scenario: A client who was asked a short while ago is left alone
      Given a help-desk with the usual rules
      And the client was asked about another ticket today
      When a ticket is closed
      And the worker runs
      Then the client gets no mail
      And the reason kept for not asking is quarantine
      And one more person counts as not asked for quarantine

    Scenario: When the quarantine is over the client is asked again
      Given a help-desk with the usual rules
      And the client was asked about another ticket today
      And 30 days have passed
      When a ticket is closed
      And the worker runs
      Then the client gets one mail

    Scenario: A help-desk that always asks
      Given a help-desk whose quarantine is 0d
      And the client was asked about another ticket today
      When a ticket is closed
      And the worker runs
      Then the client gets one mail

    Scenario: Two people of a ticket are both asked, and both questions are withdrawn when it is reopened
      Given a help-desk with the usual rules
      When a ticket of two people is closed
      And the worker runs
      And the ticket is reopened
      Then 2 mails have left
      And the log of the ticket ends with "cancelled"

    Scenario: A person who is named twice is asked once
      Given a help-desk with the usual rules
      When a ticket is closed that names its client twice
      And the worker runs
      Then the client gets one mail
      And one more person counts as not asked for duplicate

  Rule: A question comes when it suits the client

    Scenario: A question waits for the delay
      Given a help-desk whose delay is 3d
      When a ticket is closed
      And the worker runs
      Then the client gets no mail
      When 3 days have passed
      Then the client gets one mail

    Scenario: A channel is used by day only, and the day is the client's
      Given a help-desk whose hours is 09:00-21:00
      When a ticket of a client in Vladivostok is closed at ten in the evening there
      And the worker runs
      Then the client gets no mail
      And the log of the ticket says "now put off until 2026-11-20 23:00 UTC"
      When 11 hours have passed
      Then the client gets one mail

  Rule: Who has not answered is reminded once

    Scenario: One reminder, and no more
      Given a help-desk whose remind after is 3d
      When a ticket is closed
      And the worker runs
      And 3 days have passed
      Then 2 mails have left
      And the last mail says that it is a reminder
      When 20 days have passed
      Then 2 mails have left

    Scenario: No reminder after an answer
      Given a help-desk whose remind after is 3d
      And a ticket whose resolution-time target was met
      And the client has the mail
      And the client has answered 3
      When 3 days have passed
      Then the client gets one mail

    Scenario: No reminder to somebody who wants none
      Given a help-desk whose remind after is 3d
      And a ticket whose resolution-time target was met
      And the client has the mail
      When the client presses "unsubscribe"
      And 3 days have passed
      Then the client gets one mail
      And the log of the ticket says "not reminded: opted_out"

  Rule: Whoever is not asked has a reason

    Scenario Outline: The reason is kept, and the log gives it
      Given a help-desk with the usual rules
      When a ticket is closed whose client is left out as <reason>
      And the worker runs
      Then the client gets no mail
      And the reason kept for not asking is <reason>
      And one more person counts as not asked for <reason>
      And the log of the ticket says "<reason>"
      And the verdict on the ticket is not_asked

      Examples:
        | reason          |
        | excluded        |
        | no_consent      |
        | internal_client |
        | no_address      |

    Scenario: A ticket outside the sample
      Given a help-desk whose sample is 0
      When a ticket is closed
      Then the reason kept for not asking is sampled_out
