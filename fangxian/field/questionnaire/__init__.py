"""Questionnaires: what a campaign asks at the door, on server pages and on phones alike."""

from fangxian.field.questionnaire.answers import check_answers
from fangxian.field.questionnaire.expression import ExpressionError, compile_expression
from fangxian.field.questionnaire.schema import Questionnaire, parse_questionnaire

__all__ = [
    "ExpressionError",
    "Questionnaire",
    "check_answers",
    "compile_expression",
    "parse_questionnaire",
]
