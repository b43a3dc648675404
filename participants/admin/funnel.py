"""A wave's funnel: from who passed to who has bought, as numbers and as a picture."""

from dataclasses import dataclass

from participants.admin.display import grouped


@dataclass(frozen=True)
class FunnelStep:
    """One step of a wave's funnel; shares are whole percent, rounded down."""

    words: str
    count: int
    share: int  # of all who passed
    share_of_previous: int | None
    bar_top: int  # in the picture

    @property
    def label_top(self) -> int:
        return self.bar_top + 18

    @property
    def count_in_words(self) -> str:
        return grouped(self.count)

    @property
    def bar_width(self) -> int:
        """Return the bar's width in the picture: 3 units a percent, visible if any."""
        return max(self.share * 3, 2) if self.count else 0


FUNNEL = {
    "passed": "Lolos",
    "video_1": "Video 1 selesai",
    "video_2": "Video 2 selesai",
    "video_3": "Video 3 selesai",
    "number_visible": "Nomor kartu terlihat",
    "bought": "Sudah membeli",
}


def funnel_steps(counts: dict[str, int]) -> list[FunnelStep]:
    steps: list[FunnelStep] = []
    previous: int | None = None
    for index, (key, words) in enumerate(FUNNEL.items()):
        count = counts[key]
        steps.append(
            FunnelStep(
                words=words,
                count=count,
                share=percent(count, counts["passed"]),
                share_of_previous=None
                if previous is None
                else percent(count, previous),
                bar_top=5 + index * 36,
            )
        )
        previous = count
    return steps


def percent(part: int, whole: int) -> int:
    """Return whole percent, rounded down: 100 only when nobody is missing."""
    return part * 100 // whole if whole else 0
