"""Modules replaced by type, and several passes of which the common part runs once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from aleator.errors import AleatorError
from aleator.models.posteriors.base import Drawn, Posterior, gaussian_logits_of

Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
Kinds = tuple[type[nn.Module], ...]


class Varying(nn.Module):
    """A module that differs from draw to draw. In evaluation without a draw, it is the plain module."""

    chosen: int | None = None
    """The draw: a number that all randomness of the module follows from."""
    place: int = 0
    """Number of the module among those of its network: each has noise of its own."""

    def noise(self, shape: Iterable[int], like: Tensor, *, uniform: bool = False) -> Tensor:
        """Random values, always the same for the same draw, whatever the batch."""
        assert self.chosen is not None
        generator = Generator().manual_seed(self.chosen + self.place)
        make = torch.rand if uniform else torch.randn
        return make(tuple(shape), generator=generator).to(like)


def apply_layer(layer: Layer, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The layer's operation with other weights."""
    if isinstance(layer, nn.Linear):
        return F.linear(inputs, weight, bias)
    answer: Tensor = layer._conv_forward(inputs, weight, bias)
    return answer


def replace(network: nn.Module, kinds: Kinds, make: Callable[[Any], nn.Module], *, remedy: str) -> None:
    """Replace every sub-module of these kinds by what `make` returns for it.

    Raises AleatorError, with the `remedy`, where there is none: a method that silently does nothing would report
    that the model knows everything.
    """
    found = [
        (parent, name, child)
        for parent in network.modules()
        if not isinstance(parent, Varying)
        for name, child in parent.named_children()
        if isinstance(child, kinds) and not isinstance(child, Varying)
    ]
    if not found:
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise AleatorError(f"{type(network).__name__} has no {wanted} module to act on: {remedy}")
    made: dict[nn.Module, nn.Module] = {}  # a module used in two places stays one
    for parent, name, child in found:
        if child not in made:
            made[child] = make(child)
        setattr(parent, name, made[child])


def last_linear(network: nn.Module, *, remedy: str) -> tuple[nn.Module, str, nn.Linear]:
    """The last linear layer in the order of definition: its parent, its name there, and itself."""
    found = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear)
    ]
    if not found:
        raise AleatorError(f"{type(network).__name__} has no Linear module to act on: {remedy}")
    return found[-1]


def varying(network: nn.Module) -> list[Varying]:
    return [module for module in network.modules() if isinstance(module, Varying)]


class VaryingPosterior(Posterior):
    """A method whose networks differ in their `Varying` modules; what comes before the first of them runs once."""

    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        seeds = torch.randint(2**62, (draws or self.draws,), generator=generator).tolist()
        plain, *outputs = passes(network, inputs, [None, *seeds])
        means, spreads = zip(*(gaussian_logits_of(output) for output in outputs), strict=True)
        return Drawn(torch.stack(means), torch.stack(spreads), plain)


def passes(network: nn.Module, inputs: Tensor, draws: Iterable[int | None], *, detach: bool = False) -> Iterator[Any]:
    """Yield the network's output for each draw. With `detach`, only the first pass teaches the common part."""
    modules = varying(network)
    for place, module in enumerate(modules):
        module.place = place
    with _remembering(network, modules, detach) as begin:
        try:
            for draw in draws:
                begin()
                for module in modules:
                    module.chosen = draw
                yield network(inputs)
        finally:
            for module in modules:
                module.chosen = None


@contextmanager
def _remembering(network: nn.Module, modules: list[Varying], detach: bool) -> Iterator[Callable[[], None]]:
    """Within, modules that run before the first varying one answer from memory after the first pass.

    Up to there every pass is the same sequence of calls, so that the answers are kept in the order of the calls.
    """
    answers: list[Any] = []
    state = {"call": 0, "first": True, "common": True}

    def begin() -> None:
        state["first"] = not answers and state["first"]
        state["call"] = 0

    def remember(original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            if state["first"]:
                answer = original(*args, **kwargs)
                if state["common"]:
                    answers.append(answer)
                return answer
            if state["call"] < len(answers):
                state["call"] += 1
                answer = answers[state["call"] - 1]
                return answer.detach() if detach and isinstance(answer, Tensor) else answer
            return original(*args, **kwargs)

        return forward

    def mark(original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            state["common"] = False
            return original(*args, **kwargs)

        return forward

    changed: list[nn.Module] = []
    try:
        for module in _constant_parts(network, modules):
            module.forward = remember(module.forward)
            changed.append(module)
        for module in modules:
            module.forward = mark(module.forward)
            changed.append(module)
        yield begin
    finally:
        for module in changed:
            del module.forward


def _constant_parts(module: nn.Module, modules: list[Varying]) -> Iterator[nn.Module]:
    """The largest sub-modules that hold nothing that varies, each once."""
    seen: set[nn.Module] = set()

    def walk(part: nn.Module) -> Iterator[nn.Module]:
        if part in seen or isinstance(part, Varying):
            return
        seen.add(part)
        if any(isinstance(inner, Varying) for inner in part.modules()):
            for child in part.children():
                yield from walk(child)
        else:
            yield part

    yield from walk(module)
