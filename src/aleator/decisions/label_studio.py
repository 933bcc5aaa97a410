"""What Label Studio is given: its labelling page, predictions, and what people decided; and those read again."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from aleator.decisions.decision import ANSWERS, UNUSABLE, Decision, utc_text
from aleator.errors import DataError
from aleator.records import from_json, to_json

NOT_USABLE_CHOICE = "(not usable)"
"""The choice in Label Studio that says that an example cannot be used."""
CONTROL = "label"
"""What the choice is called on the page, and so the column of the answer in JSON-MIN and CSV."""
ID, KNOWN = "aleator_id", "aleator_decisions"
"""Keys of a task's data: the example's id (`id` itself is the task's number in JSON-MIN and CSV), and what people had
decided when the task was written, as JSON: Label Studio keeps neither reviewers that are no users of it nor times."""


SHOWN = {"images": ("Image", "image"), "texts": ("Text", "text"), "table": ("Table", "row")}
"""The tag that shows an example of this kind, and the key of the task's data that it shows."""


def labelling_page(class_names: tuple[str, ...], kind: str = "images") -> str:
    """The XML of a project's labelling page: the example (of a kind in SHOWN), and a choice of the classes."""
    tag, key = SHOWN[kind]
    if NOT_USABLE_CHOICE in class_names:
        raise DataError(f"A class is called {NOT_USABLE_CHOICE!r}, as the answer is for what is none; rename it first.")
    choices = "".join(f"\n    <Choice value={quoteattr(name)}/>" for name in (*class_names, NOT_USABLE_CHOICE))
    return (
        f'<View>\n  <{tag} name="{key}" value="${key}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{key}" choice="multiple">{choices}\n  </Choices>\n</View>\n'
    )


def choice(labels: list[str], kind: str = "images") -> dict[str, Any]:
    """One result of a prediction or an annotation on that page."""
    return {"from_name": CONTROL, "to_name": SHOWN[kind][1], "type": "choices", "value": {"choices": labels}}


def choices_of(decision: Decision) -> list[str]:
    return [NOT_USABLE_CHOICE] if decision.kind == UNUSABLE else list(decision.labels)


def annotation(decision: Decision, kind: str = "images") -> dict[str, Any]:
    """A decision as an annotation of its task.

    It names no user: Label Studio refuses a whole file for one that it does not know. The result's id is the decision's
    uuid, by which it is known when it comes back.
    """
    return {
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": decision.seconds,
        "result": [{"id": decision.uuid, **choice(choices_of(decision), kind)}],
    }


def known_as_text(decisions: Iterable[Decision]) -> str:
    """Decisions as the JSON that a task's data carry."""
    return json.dumps(to_json(list(decisions)), ensure_ascii=False)


def known_of_text(text: Any) -> list[Decision]:
    """The decisions that `known_as_text` wrote. Raises DataError for what it did not write."""
    try:
        written = json.loads(text) if isinstance(text, str) and text else text or []
        known = from_json(list[Decision], written)
        if any(one.kind not in ANSWERS or one.time != utc_text(datetime.fromisoformat(one.time)) for one in known):
            raise ValueError("a decision is no answer, or its time is not as it was written")
        return known
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{KNOWN} is not what `aleator export` wrote: {error}") from error
