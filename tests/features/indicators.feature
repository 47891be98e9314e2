Feature: What was agreed with clients beforehand
  A shared-service centre agrees first on criteria and indicators, asks three levels of client in three ways, and reports
  the whole and the agreed slices.

  Background:
    Given a service centre that agreed on the indicators no_errors, fixed_quickly and kept_informed

  Scenario: Errors prevented and errors fixed quickly get different scores
    When six users answer on the page, of whom two saw no errors and five saw errors fixed quickly
    Then the report says of "The service works without errors" that 33% call it fulfilled
    And the report says of "Errors are fixed quickly" that 83% call it fulfilled
    But the scores and the verdicts are those of the faces that were clicked

  Scenario: Nobody is asked more than three, and only after the score
    Given it agreed on everything that ships
    When a user has answered the question with one press of "send"
    Then the page asks for three indicators, none of them answered beforehand
    And it asks for the same three when it is loaded again
    When the user taps "partly" on the first and presses "send" once more
    Then that is kept with the answer

  Scenario: Three levels are asked in three ways, each representative by their own
    Given heads are called by an operator, managers get a mail of their own after two days, users a mail at once
    When a ticket is closed for which a user, a manager and a head speak
    Then the user has a mail that asks "How was your request resolved?"
    And a call to the head waits for an operator
    And two days later the manager has a mail that asks "Did it keep your team working?"
    When the user and the manager answer 3, and the head tells the operator 1 and that errors come back
    Then the report tells the whole of three answers, and of each level one

  Scenario: Interviews and focus groups stand beside the figures
    Given a user has answered 3 and called no_errors fulfilled
    When heads say in an interview, and eight managers in a focus group, that there are too many errors
    Then the report quotes both, each with its level
    But the satisfied share is still that of the one answer
