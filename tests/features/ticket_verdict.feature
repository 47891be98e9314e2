Feature: The verdict on a ticket
  A resolution-time target that was met says nothing of the client. The verdict holds one against the other.

  Scenario Outline: The KPI held against the score, on every scale
    Given a help-desk that asks on the scale <scale>
    And a ticket whose resolution-time target was <kpi>
    When the client answers <score>
    Then the verdict on the ticket is <verdict>

    @two_points
    Examples: two points
      | scale    | score | kpi     | verdict    |
      | thumbs-2 | 1     | met     | confirmed  |
      | thumbs-2 | 0     | met     | watermelon |
      | thumbs-2 | 1     | missed  | forgiven   |
      | thumbs-2 | 0     | missed  | failed     |
      | thumbs-2 | 1     | unknown | untargeted |
      | thumbs-2 | 0     | unknown | untargeted |

    @three_points
    Examples: three points
      | scale   | score | kpi     | verdict    |
      | faces-3 | 3     | met     | confirmed  |
      | faces-3 | 2     | met     | lukewarm   |
      | faces-3 | 1     | met     | watermelon |
      | faces-3 | 3     | missed  | forgiven   |
      | faces-3 | 2     | missed  | lukewarm   |
      | faces-3 | 1     | missed  | failed     |
      | faces-3 | 2     | unknown | untargeted |

    @five_points
    Examples: five points
      | scale   | score | kpi    | verdict    |
      | stars-5 | 5     | met    | confirmed  |
      | stars-5 | 4     | met    | confirmed  |
      | stars-5 | 3     | met    | lukewarm   |
      | stars-5 | 2     | met    | watermelon |
      | stars-5 | 1     | missed | failed     |
      | stars-5 | 4     | missed | forgiven   |

    @eleven_points
    Examples: eleven points, the bands of the net promoter score
      | scale  | score | kpi    | verdict    |
      | nps-11 | 10    | met    | confirmed  |
      | nps-11 | 9     | missed | forgiven   |
      | nps-11 | 8     | met    | lukewarm   |
      | nps-11 | 7     | missed | lukewarm   |
      | nps-11 | 6     | met    | watermelon |
      | nps-11 | 0     | missed | failed     |

    @keypad
    Examples: the ten keys of a telephone
      | scale     | score | kpi    | verdict    |
      | keypad-10 | 9     | met    | confirmed  |
      | keypad-10 | 8     | missed | forgiven   |
      | keypad-10 | 7     | met    | lukewarm   |
      | keypad-10 | 6     | missed | lukewarm   |
      | keypad-10 | 5     | met    | watermelon |
      | keypad-10 | 0     | missed | failed     |

  Scenario Outline: A score that is not on the scale is refused
    Given a help-desk that asks on the scale <scale>
    And a ticket whose resolution-time target was met
    When the client answers <score>
    Then the answer is refused, since the score is off the scale
    And the verdict on the ticket is pending

    Examples:
      | scale     | score |
      | nps-11    | -1    |
      | nps-11    | 11    |
      | nps-11    | 5.5   |
      | thumbs-2  | 2     |
      | keypad-10 | 10    |

  Scenario: Exactly at the target is met
    Given a help-desk that asks on the scale faces-3
    And a ticket that was resolved exactly at its target
    When the client answers 1
    Then the verdict on the ticket is watermelon

  Scenario: A question that nobody answered
    Given a help-desk that asks on the scale faces-3
    And a ticket whose resolution-time target was met
    When the time to answer is over
    Then the verdict on the ticket is unanswered

  Scenario: A client who must not be asked
    Given a help-desk that asks on the scale faces-3
    And a ticket of a client who did not agree to be asked
    Then the verdict on the ticket is not_asked

  Scenario Outline: The verdict is said in the tenant's language
    Given a help-desk that speaks <language>
    And a ticket whose resolution-time target was <kpi>
    When the client answers <score>
    Then the verdict says "<words>"

    Examples:
      | language | kpi    | score | words                                          |
      | ru       | met    | 3     | Срок выдержан, клиент доволен                  |
      | ru       | met    | 1     | Срок выдержан, клиент недоволен («арбуз»)      |
      | ru       | missed | 3     | Срок нарушен, клиент доволен                   |
      | ru       | missed | 1     | Срок нарушен, клиент недоволен                 |
      | en       | met    | 3     | Target met, client satisfied                   |
      | en       | met    | 1     | Target met, client dissatisfied (“watermelon”) |
      | en       | missed | 3     | Target missed, client satisfied                |
      | en       | missed | 1     | Target missed, client dissatisfied             |
