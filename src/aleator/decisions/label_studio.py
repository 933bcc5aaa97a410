"""Label Studio, in both directions: its labelling page and annotations out, its JSON export in."""

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from aleator.decisions.decision import UNUSABLE, Decision, kind_of
from aleator.decisions.tables import Found, content_uuid, parsed_time
from aleator.errors import DataError

NOT_USABLE_CHOICE = "(not usable)"
"""The choice in Label Studio that says that an example cannot be used."""


def labelling_page(class_names: tuple[str, ...]) -> str:
    """The XML of a project's labelling page: the picture, and a choice of the classes."""
    choices = "".join(f"\n    <Choice value={quoteattr(name)}/>" for name in (*class_names, NOT_USABLE_CHOICE))
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <Choices name="label" toName="image" choice="multiple">{choices}\n  </Choices>\n</View>\n'
    )


def choice(labels: list[str]) -> dict[str, Any]:
    """One result of a prediction or an annotation on that page."""
    return {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": labels}}


def annotation(decision: Decision) -> dict[str, Any]:
    """A decision as an annotation of its task."""
    return {
        "unique_id": decision.uuid,
        "completed_by": {"email": decision.reviewer},
        "was_cancelled": False,
        "lead_time": decision.seconds,
        "created_at": decision.time,
        "updated_at": decision.time,
        "result": [choice([NOT_USABLE_CHOICE] if decision.kind == UNUSABLE else list(decision.labels))],
    }


def read_label_studio(path: Path) -> list[Found]:
    """The annotations of tasks whose `data` has the `id` that our own export writes. Raises DataError naming the task
    that is wrong."""
    tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(tasks, list):
        raise DataError(f"{path} is no list of tasks; export from Label Studio as JSON (not JSON-MIN).")
    found = []
    for number, task in enumerate(tasks):
        where = f"task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict) or "id" not in data:
            raise DataError(f"{path}, {where}: its data has no id; the tasks of `aleator export` have one.")
        for one in task.get("annotations") or ():
            try:
                if not one.get("was_cancelled"):  # a skipped task says nothing
                    found.append((where, _decision(one, str(data["id"]), path)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DataError(f"{path}, {where}: {error}") from error
    return found


def _decision(one: dict[str, Any], example: str, path: Path) -> Decision:
    choices = [chosen for result in one.get("result", ()) for chosen in result["value"].get("choices", ())]
    labels = tuple(dict.fromkeys(str(chosen) for chosen in choices if chosen != NOT_USABLE_CHOICE))
    if not choices:
        raise DataError("an annotation has no choice; delete it, or mark the task as skipped.")
    # created_at of the same annotation never changes; updated_at is when this answer was given.
    time = parsed_time(str(one.get("updated_at") or one.get("created_at") or ""), path)
    reviewer = _annotator(one.get("completed_by"))
    identity = str(one.get("unique_id") or one.get("id"))
    return Decision(
        uuid=content_uuid("label studio", identity, example, reviewer, time, *choices),
        example=example,
        reviewer=reviewer,
        kind=kind_of(labels),
        labels=labels,
        time=time,
        seconds=one.get("lead_time"),
        origin=path.name,
    )


def _annotator(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("username") or completed_by.get("id")
    if isinstance(completed_by, str) and completed_by.strip():
        return completed_by.strip()
    return "label studio" if completed_by is None else f"label studio {completed_by}"
