"""Questions that other apps ask on the first page of consents, and whose answers are saved with it.

An app registers them in a module that it imports when it is ready:

    register_question(Question(ask=..., save=...))
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask beside the consents, of people who agree to the service."""

    ask: Callable[[HttpRequest], str]
    """Returns the HTML of its fields; empty where there is nothing to ask the person."""
    save: Callable[[HttpRequest], None]
    """Stores the answer in the form, in the transaction that saves the consents. It refuses nothing: an answer that is
    of no use is left out, with a message that says so."""


_questions: list[Question] = []


def register_question(question: Question) -> None:
    """Ask the question below those registered before."""
    _questions.append(question)


def questions_on(request: HttpRequest) -> list[str]:
    """Return the HTML of the questions for the person who asks for the page."""
    return [html for question in _questions if (html := question.ask(request))]


def save_answers(request: HttpRequest) -> None:
    """Store the answers in a form that was sent."""
    for question in _questions:
        question.save(request)
