Feature: The verdict on a slice
  A manager sees a green dashboard. The answers of many clients say whether it tells the truth, or that there are too few.

  Background:
    Given a help-desk that wants 90% of tickets in time and 80% of clients satisfied

  Scenario Outline: What the manager is told
    Given <met> tickets in time, of whose clients <satisfied in time> are satisfied
    And <missed> tickets that took too long, of whose clients <satisfied late> are satisfied
    When the manager looks at the whole
    Then the level is <level> and the link is <link>
    And the headline is "<headline>"

    Examples:
      | met | satisfied in time | missed | satisfied late | level            | link          | headline                                                                         |
      | 40  | 39                | 2      | 2              | healthy          | insufficient  | The KPI and the satisfied share both reach their targets                         |
      | 40  | 20                | 2      | 1              | watermelon       | insufficient  | Watermelon: the KPI reaches its target, the satisfied share does not             |
      | 20  | 20                | 20     | 20             | too_strict       | not_reflected | Clients are satisfied even where the KPI is missed: its target may be too strict |
      | 45  | 45                | 9      | 8              | missed_but_happy | insufficient  | The KPI misses its target, the satisfied share reaches its own                   |
      | 20  | 16                | 20     | 2              | failing          | tracks        | Neither the KPI nor the satisfied share reaches its target                       |
      | 20  | 2                 | 20     | 16             | failing          | contradicts   | Neither the KPI nor the satisfied share reaches its target                       |
      | 20  | 16                | 1      | 1              | undecided        | insufficient  | Undecided: the satisfied share cannot be told from its target                    |

  Scenario: Too few answers are no verdict, and how many are missing is told
    Given 4 tickets in time, of whose clients 4 are satisfied
    When the manager looks at the whole
    Then the level is undecided and the link is insufficient
    And the sentence has "4 of 4 answers are satisfied"
    And the sentence has "6 more answers are needed for a verdict"

  Scenario: Many answers of one client are one voice
    Given 40 tickets of one client in time, each rated satisfied
    When the manager looks at the whole
    Then the level is undecided and the link is insufficient
    And the sentence has "answers of 7 more clients are needed for a verdict"

  Scenario: Silence is not content
    Given 20 tickets in time, of whose clients 20 are satisfied
    And 40 tickets that took too long, whose clients do not answer
    When the manager looks at the whole
    Then the level is missed_but_happy and the link is insufficient
    And a note has "of all who were asked, 80% are satisfied only if at least 70% of those who did not answer are"
    And a note has "met on 100% of the rated tickets and on 33% of all"

  Scenario: The standing is there at a glance, and its change is heard
    Given 30 tickets in time, of whose clients 29 are satisfied
    When the worker has been there
    Then the standing of the whole is healthy
    Given 30 tickets in time, of whose clients 2 are satisfied
    When the worker has been there
    Then the standing of the whole is watermelon
    And the desk heard that the whole went from healthy to watermelon

  Scenario: After a change of the way of asking, the months before are not compared
    Given 20 tickets in time, of whose clients 10 are satisfied
    When the desk changes to the scale stars-5
    And 20 more tickets in time come, of whose clients 20 are satisfied
    Then the time before and after the change are not comparable, since "scale: faces-3 -> stars-5"
