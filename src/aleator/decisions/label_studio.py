"""What Label Studio is given: its labelling page, predictions, and what people decided; and those read again."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any
from xml.sax.saxutils import quoteattr

from aleator.decisions.decision import UNUSABLE, Decision
from aleator.errors import DataError

NOT_USABLE_CHOICE = "(not usable)"
"""The choice in Label Studio that says that an example cannot be used."""
CONTROL = "label"
"""What the choice is called on the page, and so the column of the answer in JSON-MIN and CSV."""
ID, KNOWN = "aleator_id", "aleator_decisions"
"""Keys of a task's data: the example's id (`id` itself is the task's number in JSON-MIN and CSV), and what people had
decided when the task was written, as JSON: Label Studio keeps neither reviewers that are no users of it nor times."""


def labelling_page(class_names: tuple[str, ...]) -> str:
    """The XML of a project's labelling page: the picture, and a choice of the classes."""
    if NOT_USABLE_CHOICE in class_names:
        raise DataError(f"A class is called {NOT_USABLE_CHOICE!r}, as the answer is for what is none; rename it first.")
    choices = "".join(f"\n    <Choice value={quoteattr(name)}/>" for name in (*class_names, NOT_USABLE_CHOICE))
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <Choices name="{CONTROL}" toName="image" choice="multiple">{choices}\n  </Choices>\n</View>\n'
    )


def choice(labels: list[str]) -> dict[str, Any]:
    """One result of a prediction or an annotation on that page."""
    return {"from_name": CONTROL, "to_name": "image", "type": "choices", "value": {"choices": labels}}


def choices_of(decision: Decision) -> list[str]:
    return [NOT_USABLE_CHOICE] if decision.kind == UNUSABLE else list(decision.labels)


def annotation(decision: Decision) -> dict[str, Any]:
    """A decision as an annotation of its task.

    It names no user: Label Studio refuses a whole file for one that it does not know. The result's id is the decision's
    uuid, by which it is known when it comes back.
    """
    return {
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": decision.seconds,
        "result": [{"id": decision.uuid, **choice(choices_of(decision))}],
    }


def known_as_text(decisions: Iterable[Decision]) -> str:
    """Decisions as the JSON that a task's data carry."""
    return json.dumps([asdict(decision) for decision in decisions], ensure_ascii=False)


def known_of_text(text: Any) -> list[Decision]:
    """The decisions that `known_as_text` wrote. Raises DataError for what it did not write."""
    try:
        written = json.loads(text) if isinstance(text, str) and text else text or []
        names = {field.name for field in fields(Decision)}
        return [
            Decision(**{key: value for key, value in one.items() if key in names} | {"labels": tuple(one["labels"])})
            for one in written
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{KNOWN} is not what `aleator export` wrote: {error}") from error
