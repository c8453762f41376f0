"""The feed-health strip: when the market data could be trusted, on the figures' time axis."""

from __future__ import annotations

from reports import formats
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Label,
    Path,
    Scale,
    box,
    px,
    time_labels,
)
from reports.story import SessionStory, StageSpan
from trading.model.events import FeedStage

_WORDS = {
    "stage fresh": "every channel fresh",
    "stage waiting": "waiting for first messages",
    "stage stale": "a channel too old to open on",
    "stage dead": "a channel silent",
    "stage blind": "no process listening",
}


def feed_figure(story: SessionStory) -> Figure | None:
    """Draw the strip; None where no feed was watched."""
    feed = story.feed
    share = feed.fresh_share
    if share is None:
        return None
    styles = {_style(each) for each in feed.stages}
    held = story.equity.held_ns
    return Figure(
        name="feed",
        title="Market data, and when a position was open",
        description=(
            f"Every channel was fresh {formats.percent_at_least(share)} of the session; "
            f"{formats.count_of(feed.losses, 'connection')} lost; "
            f"a position was open for {formats.duration(held)}."
        ),
        wide=_draw(story, Frame(WIDE_PX, 66)),
        narrow=_draw(story, Frame(NARROW_PX, 66)),
        legend=(
            *(
                (Path(style, "M0 4H16V12H0Z"), words)
                for style, words in _WORDS.items()
                if style in styles
            ),
            *([(Path("holding", "M0 5H16V11H0Z"), "position open")] if held else []),
        ),
    )


def _style(each: StageSpan) -> str:
    return "stage blind" if each.is_blind else f"stage {each.stage}"


def _draw(story: SessionStory, frame: Frame) -> Drawing:
    span = story.span
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    strips: dict[str, list[str]] = {}
    # Trouble last and a pixel wide at least: no outage hides under the fresh time around it.
    for each in sorted(
        story.feed.stages, key=lambda s: (s.is_blind, s.stage is not FeedStage.FRESH)
    ):
        x = times(each.span.from_ns)
        width = max(times(each.span.to_ns) - x, 1.0)
        strips.setdefault(_style(each), []).append(box(x, frame.top, width, 14))
    paths = [Path(style, "".join(data)) for style, data in strips.items()]
    held = _holdings(story, times)
    paths += [Path("holding", "".join(held))] if held else []
    paths.append(Path("grid", f"M{px(frame.left)} {px(frame.y_end)}H{px(frame.x_end)}"))
    labels = time_labels(frame, times, frame.width // 90)
    labels += [Label(frame.x_end + 6, 21, "feed"), Label(frame.x_end + 6, 37, "position")]
    return Drawing(width=frame.width, height=frame.height, paths=tuple(paths), labels=tuple(labels))


def _holdings(story: SessionStory, times: Scale) -> list[str]:
    """Return a bar for every time in which anything was held."""
    held = {each.symbol: each.quantity for each in story.opening.setup.head.positions}
    since = story.span.from_ns if any(held.values()) else None
    bars = []
    for change in story.positions:
        held[change.symbol] = change.quantity
        if any(held.values()):
            since = change.at_ns if since is None else since
        elif since is not None:
            bars.append((since, change.at_ns))
            since = None
    if since is not None:
        bars.append((since, story.span.to_ns))
    return [
        box(times(from_ns), 28, max(times(to_ns) - times(from_ns), 1.0), 10)
        for from_ns, to_ns in bars
    ]
