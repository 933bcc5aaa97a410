"""What every page is made of: the template, who looks, and what the script needs to know."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from aleator.html import script_json, template
from aleator.report.render import SEARCHED
from aleator.review.queue import Filter
from aleator.review.web.access import is_blind, review_of, session_of
from aleator.review.web.guard import Session
from aleator.review.web.keys import class_keys
from aleator.verdicts.names import VERDICTS


def page(
    request: Request,
    file: str,
    *,
    session: Session | None = None,
    setup: Any = None,
    status_code: int = 200,
    **values: Any,
) -> Response:
    """The page that a template file makes of the `values`, for the request's own session where none is named."""
    review = review_of(request)
    session = session or session_of(request)
    html = template(file).render(
        base=review.prefix,
        picture_base=f"{review.prefix}/picture/{review.examples.key}",
        path=request.url.path,
        session=session,
        setup=setup,
        form_token=review.signer.form_token(session) if session else "",
        data_name=review.examples.name,
        names=review.examples.class_names,
        has_audit=review.examples.audit is not None,
        has_looks=review.examples.audit is not None and not review.examples.audit.is_of_likeliest,
        has_pictures=review.examples.has_pictures,
        all_verdicts=VERDICTS,
        searched=SEARCHED.get(review.examples.source.kind, "Id or path contains"),
        failure=review.live.failure,
        **values,
    )
    return HTMLResponse(html, status_code)


def error_page(request: Request, status: int, message: str) -> Response:
    """What went wrong, in words."""
    return page(request, "error.html", status_code=status, status=status, message=message)


def script_setup(request: Request, session: Session, query: Mapping[str, str]) -> Any:
    """What the script needs to know."""
    review = review_of(request)
    return script_json(
        {
            "names": review.examples.class_names,
            "keys": class_keys(len(review.examples.class_names)),
            "blind": is_blind(review, session),
            "kind": review.examples.source.kind,
            "query": urlencode(query),
        }
    )


def filter_query(request: Request) -> dict[str, str]:
    """What the address asks for, of what `read_filter` knows."""
    names = [field.name for field in fields(Filter)]
    return {name: request.query_params[name] for name in names if request.query_params.get(name)}
