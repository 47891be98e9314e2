Feature: Learning why
  A recruiting agency asks at each closed order, always; an operator may call to learn why, even after a ten.

  Scenario Outline: A ten, and what stands behind it
    Given a recruiting agency that asks from 0, "all is awful", to 10, "just superb", and calls to learn why
    When an order of the company North is closed
    Then each of its two representatives is asked, from "all is awful" to "just superb"
    When the next order of the company North is closed the same day
    Then each of its two representatives is asked again, as always
    When the first representative answers 10 to the first order
    Then the operators' page shows a call to ask why of the 10, and not who the client is
    But the agent who worked on the order does not see it
    When an operator takes the call
    Then the page shows whom to call, what to say and the scores of the company so far
    When the operator notes "A candidate came late" and finds <finding>
    Then the score is still 10, and counted as the client's own
    When the first representative answers 9 to the next order
    And an operator takes the call
    Then the page shows that it was found: <words>
    And the log of the first order holds the calls, and no other score

    Examples:
      | finding               | words                        |
      | our_fault             | It is our fault              |
      | expectation_corrected | The expectation is corrected |
