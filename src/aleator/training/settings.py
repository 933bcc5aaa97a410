"""What a training is asked to do, and what follows from it for a data set of a given size."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from cyclopts import Parameter

from aleator.embedding.backbone import is_pretrained
from aleator.embedding.options import PRETRAINED, FinetuneOptions
from aleator.errors import AleatorError
from aleator.learning.effort import TRAINING_EFFORTS, EffortName, LearnerName, finetuning, schedule
from aleator.learning.objectives import CORRECTING, OBJECTIVES
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.learning.steps import PLAIN, STEPS
from aleator.models.backbones import BACKBONES

Labels = Literal["given", "judged", "votes", "reviewed"]
Policy = Literal["keep", "soften", "relabel", "drop"]
LABELS: tuple[Labels, ...] = get_args(Labels)
POLICIES: tuple[Policy, ...] = get_args(Policy)
STEP_NAMES = (PLAIN, *STEPS)
CUSTOM = "custom"
"""The backbone's name where it is a module of the user's own."""
OF_NETWORKS = (
    "objective", "objective_options", "step", "average", "loss_mixture", "epochs", "second_pass", "devices",
)  # fmt: skip
"""Options that only networks have."""

if TYPE_CHECKING:
    ObjectiveName = str
    StepName = str
else:
    ObjectiveName = Literal[tuple(OBJECTIVES)]
    StepName = Literal[STEP_NAMES]


@dataclass(frozen=True)
class TrainSettings(FinetuneOptions):
    """The settings of one training; they are written into the model's card. The fields' texts are the command line's
    help."""

    labels: Labels | None = None
    """given: as they are; judged: the audit's label distributions; votes: the votes' distributions; reviewed: judged
    again with what people decided. Without it, judged for an audit, given for data."""
    policy: Policy = "soften"
    """With judged and reviewed labels: soften trains on the distributions, relabel on the suggested label of mistakes,
    drop leaves mistakes out, keep changes no label but trusts each as the audit does."""
    effort: EffortName = "standard"
    """How much is computed."""
    seed: int = 0
    """The same seed on the same machine gives the same model."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    devices: int = 1
    """Processes, each with a processor or GPU of its own, that train each network together (aleator[fabric])."""
    members: int | None = None
    """How many networks are trained; without it, the effort's number."""
    backbone: Annotated[
        str | None,
        Parameter(
            help=f"A pretrained network whose features are learned on ({PRETRAINED}); or a network that is trained "
            f"from scratch: {', '.join(BACKBONES)}. Without it, the pretrained one of the audit; else, for pictures, "
            "one that is trained from scratch."
        ),
    ] = field(default=None, kw_only=True)
    """A pretrained network's name, as `timm:NAME`, whose features are learned on, or one of `BACKBONES`, which are
    trained from scratch; without it, the audit's pretrained one, else the effort's for pictures."""
    learner: LearnerName = "auto"
    """What learns on features, vectors, texts and tables: auto takes softmax regressions, and networks where an option
    that only networks have is given; networks takes networks."""
    objective: ObjectiveName | None = None
    """What the networks minimise; without it, what suits the labels."""
    objective_options: Annotated[dict[str, Any], Parameter(parse=False)] = field(default_factory=dict)
    """Of the objective, such as `{"strength": 2.0}`."""
    step: StepName = PLAIN
    """How a batch becomes losses."""
    average: float = 0.99
    """Decay of the running mean of the weights; 0 keeps the last weights."""
    loss_mixture: bool = False
    """Examples whose loss is one of the high ones count less."""
    second_pass: bool = False
    """Train the networks once more, on what they believe of the labels. Takes twice the time; the labels are given
    ones."""
    epochs: int | None = None
    """Passes over the data; without it, as the effort says, and small data more often."""
    held_out: float = 0.1
    """Share of the examples that sets temperature and thresholds."""
    flip: bool = True
    """A mirrored picture keeps its class; --no-flip for letters and digits."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone is not None and not is_pretrained(self.backbone) and self.backbone not in (*BACKBONES, CUSTOM):
            raise AleatorError(
                f"There is no backbone {self.backbone!r}; choose {', '.join(BACKBONES)}, or a pretrained network: "
                f"{PRETRAINED}."
            )
        if self.effort not in TRAINING_EFFORTS:
            raise AleatorError(f"effort is one of {', '.join(TRAINING_EFFORTS)}, not {self.effort!r}.")
        if self.members is not None and not 2 <= self.members <= 100:
            raise AleatorError(
                f"members is a number from 2 to 100, not {self.members}: what the data leaves open and what the "
                "model does not know can be told apart only where models can disagree."
            )
        if not 1 <= self.devices <= 1024:
            raise AleatorError(f"devices is a number from 1 up, not {self.devices}.")
        if self.objective is not None and self.objective not in OBJECTIVES:
            raise AleatorError(f"objective is one of {', '.join(OBJECTIVES)}, not {self.objective!r}.")
        if self.step not in STEP_NAMES:
            raise AleatorError(f"step is one of {', '.join(STEP_NAMES)}, not {self.step!r}.")
        if self.of_voters and (self.labels != "votes" or self.step != PLAIN):
            raise AleatorError(
                "The objective 'votes' learns from pairs of votes of one example: it needs --labels votes and the step "
                f"'plain', not {self.kind_of_labels} labels and the step {self.step!r}."
            )
        if not 0.02 <= self.held_out <= 0.5:
            raise AleatorError(f"the share that is held out lies from 0.02 to 0.5, not at {self.held_out}.")
        if not 0 <= self.average < 1:
            raise AleatorError(f"average is a decay from 0 to below 1, not {self.average}.")
        if self.epochs is not None and self.epochs < 1:
            raise AleatorError(f"epochs is a number from 1 up, not {self.epochs}.")
        if not 0 <= self.seed < 2**63:
            raise AleatorError(f"seed is a whole number from 0 up, not {self.seed}.")
        if self.second_pass and not self.corrects:
            raise AleatorError(
                "A second pass needs labels as they were given and an objective that learns how they err "
                f"({' or '.join(CORRECTING)}), not {self.objective_name} on {self.kind_of_labels} labels."
            )

    @property
    def kind_of_labels(self) -> Labels:
        return self.labels or "given"

    def for_labels(self, *, audited: bool) -> "TrainSettings":
        """The same with the kind of labels settled, for an audit or for data."""
        return self if self.labels else replace(self, labels="judged" if audited else "given")

    @property
    def member_count(self) -> int:
        return self.members or TRAINING_EFFORTS[self.effort].members

    @property
    def corrects(self) -> bool:
        """The networks learn how labels err, and predict the true one: from labels, not from distributions."""
        one_label = self.kind_of_labels == "given" or (self.labels != "votes" and self.policy == "keep")
        return one_label and self.objective_name in CORRECTING

    @property
    def of_voters(self) -> bool:
        """The networks learn how much voters differ from the counts of their votes."""
        return self.objective_name == "votes"

    @property
    def max_side(self) -> int:
        """Pictures are worked on with at most this many pixels a side."""
        return TRAINING_EFFORTS[self.effort].max_side

    def backbone_for(self, kind: str) -> str:
        """The network that is trained on examples of a kind; on a pretrained network's features, those are its."""
        if self.backbone is not None and not is_pretrained(self.backbone):
            return self.backbone
        if self.finetune:
            return str(self.backbone)
        vectors = kind != "images" or self.backbone is not None
        return "mlp" if vectors else TRAINING_EFFORTS[self.effort].backbone

    def by_networks(self, kind: str) -> bool:
        """Whether networks are trained on examples of this kind, and not softmax regressions fitted."""
        if kind == "images" and (self.finetune or self.backbone is None or not is_pretrained(self.backbone)):
            return True
        asked = any(getattr(self, name) != getattr(TrainSettings(), name) for name in OF_NETWORKS)
        of_its_own = self.backbone is not None and not is_pretrained(self.backbone)
        return self.learner == "networks" or self.labels == "votes" or asked or of_its_own

    def training(self, examples: int) -> TrainingSettings:
        """How to train on this many examples."""
        if self.finetune:
            whole = finetuning(examples, self.effort, objective=self.objective_name, flip=self.flip, epochs=self.epochs)
            return replace(
                whole, options=self.objective_options, step=self.step, average=self.average,
                loss_mixture=self.loss_mixture,
            )  # fmt: skip
        epochs, batch_size = schedule(examples, TRAINING_EFFORTS[self.effort].epochs)
        return TrainingSettings(
            epochs=self.epochs or epochs,
            batch_size=batch_size,
            objective=self.objective_name,
            options=self.objective_options,
            augmentation=Augmentation(flip=self.flip, erase=0.4),
            optimizer="muon",
            step=self.step,
            average=self.average,
            loss_mixture=self.loss_mixture,
        )

    @property
    def objective_name(self) -> str:
        """The one that was asked for, else what suits the labels.

        Labels as they are given are noisy and must not be memorised; distributions hold their doubt already.
        """
        if self.objective is not None:
            return self.objective
        if self.kind_of_labels == "given":
            return "learned_noise"
        if self.labels == "votes" and self.step == PLAIN:
            return "votes"
        if self.labels != "votes" and self.policy == "keep":
            return "early_learning"  # what is wrong with the labels is in their weights
        return "cross_entropy"
