"""Measure the picture of a draft: a cover's measures, and what its creator is told of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from posts.content.pictures.colours import Colour, main_colours
from posts.content.pictures.covers import CoverMeasures, measure_picture
from posts.content.pictures.decoding import decode
from posts.content.pictures.faces import find_faces
from posts.content.pictures.networks import installed
from posts.content.pictures.nudity import NUDITY_NETWORK, Nudity, check_nudity

_NOT_KEPT = ("embedding", "network")
"""Measures that no forecast of a draft reads."""


@dataclass(frozen=True, slots=True)
class DraftCover(CoverMeasures):
    """A draft's picture: what forecasts read, and facts for its creator alone."""

    colours: tuple[Colour, ...] = ()
    """Main colours, the larger first; empty where none stands out, or an older version measured it."""
    nudity: Nudity = Nudity.NOT_CHECKED

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept and sent around: without what no forecast of a draft reads."""
        measures = {name: value for name, value in asdict(self).items() if name not in _NOT_KEPT}
        return measures | {"colours": [str(colour) for colour in self.colours], "nudity": str(self.nudity)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "DraftCover | None":
        """Return what `as_json` wrote; None for measures that another release made."""
        try:
            facts = {
                "colours": tuple(Colour(name) for name in kept.get("colours", ())),
                "nudity": Nudity(kept.get("nudity", Nudity.NOT_CHECKED)),
            }
            return cls(**{**kept, **facts})
        except (TypeError, ValueError):
            return None


def measure_draft_cover(data: bytes) -> DraftCover:
    """Measure the picture of a draft (JPEG, PNG, WebP or GIF); the bytes are kept nowhere.

    Raise UnreadableImage when the bytes are not one picture that can be decoded within limits.
    """
    picture = decode(data)
    faces = find_faces(picture.image)
    measures = measure_picture(picture, faces, with_text=True)
    return DraftCover(
        **{field.name: getattr(measures, field.name) for field in fields(measures)},
        colours=main_colours(picture.image, faces),
        nudity=check_nudity(picture.image, installed(NUDITY_NETWORK)),
    )
