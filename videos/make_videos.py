"""Make the three onboarding videos from narration.toml.

Needs: apt install ffmpeg espeak-ng fonts-inter fontconfig   and   pip install pillow
Run:   python videos/make_videos.py         (all three, about a minute)
       python videos/make_videos.py 2       (one of them)

Each phrase of the narration is spoken by espeak-ng on its own, so its exact length is
known; slides, captions and transcript all hang on those lengths. Pillow draws the
slides, ffmpeg encodes. Out come static/video/<n>.mp4, .vtt, .txt and .webp. The same
narration with the same tool versions gives the same files.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import tempfile
import textwrap
import tomllib
import wave
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

HERE = Path(__file__).parent
OUT = HERE.parent / "static" / "video"

# What must hold; the script stops when it does not.
LENGTH = (38.0, 44.0)  # seconds: short enough to watch, long enough to say it
ALL_BYTES = 3_000_000  # the three films together: participants pay for data
POSTER_BYTES = 12_000
CAPTION_LINE = 42  # characters; two lines at most

WIDTH, HEIGHT, FPS = 854, 480, 24
KEYFRAME = 2 * FPS  # a resumed film starts within 2 s of where it stopped
SAMPLE_RATE = 22_050  # what espeak-ng gives
AAC_RATE = 24_000
WORDS_A_MINUTE = 165  # counted in words it says: about 135, as Indonesian is long
PITCH = 42  # a little lower than the default 50: less shrill on a phone
LOUDNESS = -16.0  # LUFS, usual for speech on phones
QUIET = 150  # of 32768: what counts as silence around a phrase
PEAK = 0.65  # -3.7 dBFS leaves room for what AAC adds
LEAD_IN, TAIL = 0.5, 1.0  # seconds of silence
AFTER_COMMA, AFTER_SENTENCE, AFTER_SLIDE = 0.15, 0.3, 0.5

# Low rumble and the hiss of the synthesiser go, its hard band around 3 kHz is eased,
# quiet syllables come up. One small speaker in a noisy room is the place to play in.
TONE = (
    "highpass=f=90,equalizer=f=230:t=o:w=1.2:g=2,equalizer=f=3100:t=o:w=1.1:g=-3.5,"
    "lowpass=f=8500,acompressor=threshold=-26dB:ratio=4:attack=3:release=120"
)

NAVY, BLUE, SKY, MIST = "#0b2f6b", "#1160b7", "#cfe2f8", "#f2f7fd"
INK, SLATE, WHITE = "#101828", "#475467", "#ffffff"
AMBER, GREEN, RED = "#f5b83d", "#0e7a43", "#b42318"

# Players lay captions over the bottom: nothing that must be read stands below this.
CAPTIONS_FROM = 396
LEFT, RIGHT = 44, 810


# --- the narration ---------------------------------------------------------------


@dataclass(frozen=True)
class Slide:
    """One picture and the phrases spoken over it."""

    layout: str
    heading: str
    points: list[str]
    say: list[str]
    art: str = ""
    foot: str = ""
    when: list[int] = field(default_factory=list)

    def phrase_of(self, place: int) -> int:
        """Return with which phrase a point (or the foot, after them) comes in."""
        if self.when:
            return self.when[place]
        # A first phrase without a point of its own introduces the others.
        ahead = max(len(self.say) - len(self.points), 0)
        return min(place + ahead, len(self.say) - 1)


@dataclass(frozen=True)
class Film:
    """One onboarding video as written in narration.toml."""

    number: int
    title: str
    notice: str
    slides: list[Slide]


@dataclass(frozen=True)
class Narration:
    """All films, and how to say what the voice would get wrong."""

    films: list[Film]
    spoken: dict[str, str]
    phonemes: dict[str, str]

    def for_voice(self, phrase: str) -> str:
        """Return the phrase as espeak-ng should read it. No digit may be left."""
        for written, said in self.spoken.items():
            phrase = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", said, phrase)
        if re.search(r"\d", phrase):
            raise SystemExit(f"narration.toml [spoken] lacks a number in: {phrase}")
        lower = {word.lower(): sounds for word, sounds in self.phonemes.items()}

        def sound(match: re.Match[str]) -> str:
            sounds = lower.get(match[0].lower())
            return f"[[{sounds}]]" if sounds else match[0]

        return re.sub(r"[\w-]+", sound, phrase)


def read_narration() -> Narration:
    """Read narration.toml, the only source of what is said and shown."""
    told = tomllib.loads((HERE / "narration.toml").read_text("utf-8"))
    films = [
        Film(
            number=video["number"],
            title=video["title"],
            notice=told["notice"],
            slides=[Slide(**slide) for slide in video["slide"]],
        )
        for video in told["video"]
    ]
    return Narration(films, told["spoken"], told["phonemes"])


# --- speech ----------------------------------------------------------------------


@dataclass(frozen=True)
class Phrase:
    """A phrase in its place on the time line, in seconds."""

    slide: int
    text: str
    start: float
    end: float


def run(*command: str | Path) -> str:
    """Run a tool; return what it printed, stop with its message if it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr.decode()[-2000:]}")
    return (done.stdout + done.stderr).decode()


def speak(text: str, wav: Path) -> array[int]:
    """Return the samples of one phrase without the silence around it."""
    speed, pitch = str(WORDS_A_MINUTE), str(PITCH)
    run("espeak-ng", "-v", "id", "-s", speed, "-p", pitch, "-w", wav, text)
    with wave.open(str(wav), "rb") as sound:
        if sound.getframerate() != SAMPLE_RATE:
            raise SystemExit("espeak-ng gave another sample rate than expected")
        samples = array("h", sound.readframes(sound.getnframes()))
    loud = [place for place, sample in enumerate(samples) if abs(sample) > QUIET]
    return samples[max(loud[0] - 200, 0) : loud[-1] + 400]


def silence(seconds: float) -> array[int]:
    """Return that much silence."""
    return array("h", bytes(2 * round(seconds * SAMPLE_RATE)))


def narrate(
    film: Film, narration: Narration, scratch: Path
) -> tuple[list[Phrase], Path]:
    """Speak a film. Return its phrases on the time line and the raw sound file."""
    track = silence(LEAD_IN)
    phrases: list[Phrase] = []
    for index, slide in enumerate(film.slides):
        for text in slide.say:
            start = len(track) / SAMPLE_RATE
            track += speak(narration.for_voice(text), scratch / "phrase.wav")
            phrases.append(Phrase(index, text, start, len(track) / SAMPLE_RATE))
            track += silence(
                AFTER_COMMA if text.endswith((",", ":")) else AFTER_SENTENCE
            )
        track += silence(AFTER_SLIDE - AFTER_SENTENCE)
    # A whole number of half seconds, so that the stored duration is a plain figure.
    seconds = math.ceil((phrases[-1].end + TAIL) * 2) / 2
    track = track[: round(seconds * SAMPLE_RATE)]
    track += silence(seconds - len(track) / SAMPLE_RATE)
    raw = scratch / "speech.wav"
    with wave.open(str(raw), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(track.tobytes())
    return phrases, raw


def tone_for(raw: Path) -> str:
    """Return the filters that make the speech pleasant and as loud as LOUDNESS."""

    def filters(gain: float) -> str:
        # Resample before the limiter: doing it after would raise peaks again.
        made = f"{TONE},aresample={AAC_RATE},volume={gain:.2f}dB"
        return f"{made},alimiter=limit={PEAK}:level=0"

    gain = 0.0
    # More than once, for the limiter takes back a part of what the gain gives.
    for _ in range(4):
        measure = f"{filters(gain)},loudnorm=print_format=json"
        listen = ("-hide_banner", "-i", raw, "-af", measure, "-f", "null", "-")
        said = run("ffmpeg", *listen)
        gain += LOUDNESS - float(json.loads(said[said.rindex("{") :])["input_i"])
    return filters(gain)


def length_of(sound: Path) -> float:
    """Return the seconds of a sound file."""
    with wave.open(str(sound), "rb") as opened:
        return opened.getnframes() / opened.getframerate()


# --- captions and transcript -----------------------------------------------------


def caption_lines(text: str) -> str:
    """Break a caption in two even lines if one is not enough."""
    if len(text) <= CAPTION_LINE:
        return text
    words = text.split()
    pairs = [
        (" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))
    ]
    first, second = min(pairs, key=lambda pair: max(map(len, pair)))
    if max(len(first), len(second)) > CAPTION_LINE:
        raise SystemExit(f"too long for one caption, cut it at a comma: {text}")
    return f"{first}\n{second}"


def clock(seconds: float) -> str:
    """Return a WebVTT time."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"00:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def captions(phrases: list[Phrase]) -> str:
    """Return the WebVTT file: one cue a phrase, shown until the next one begins."""
    cues = ["WEBVTT\n"]
    for number, phrase in enumerate(phrases, 1):
        after = phrases[number].start if number < len(phrases) else phrase.end + 1
        end = min(phrase.end + 0.5, after)
        times = f"{clock(phrase.start)} --> {clock(end)}"
        cues.append(f"{number}\n{times}\n{caption_lines(phrase.text)}\n")
    return "\n".join(cues)


def transcript(film: Film) -> str:
    """Return what is said as plain paragraphs, one a slide."""
    said = [" ".join(slide.say) for slide in film.slides]
    return "\n\n".join([film.title, *said, f"{film.notice}."]) + "\n"


# --- drawing ---------------------------------------------------------------------

RISE_TIME, RISE = 0.4, 16  # seconds, pixels: how a part of a slide comes in
SHARP = 3  # everything is drawn three times as large, then scaled: smooth edges

type Spot = tuple[float, float]
type Box = tuple[float, float, float, float]


@cache
def font(style: str, size: float) -> ImageFont.FreeTypeFont:
    """Return the free Inter face in a style, found by fontconfig."""
    family = f"Inter:style={style}"
    name = "%{family} %{style}\t%{file}"
    found, file = run("fc-match", "-f", name, family).split("\t")
    # fontconfig never says no: it answers with whatever comes nearest.
    if "Inter" not in found or style not in found:
        raise SystemExit(f"the font {family} is missing: apt install fonts-inter")
    return ImageFont.truetype(file, round(size * SHARP))


class Pen:
    """Draws on a sheet in slide coordinates; `shift` moves the origin."""

    def __init__(self, background: str | None = None) -> None:
        size = (WIDTH * SHARP, HEIGHT * SHARP)
        self.sheet = Image.new("RGBA", size, background or "#00000000")
        self.draw = ImageDraw.Draw(self.sheet)
        self.shift = (0.0, 0.0)

    def at(self, *numbers: float) -> list[float]:
        """Return coordinates in sheet pixels."""
        return [
            (number + self.shift[place % 2]) * SHARP
            for place, number in enumerate(numbers)
        ]

    def box(self, box: Box, fill: str | None, radius: float = 0, **line: str) -> None:
        """Draw a box; `edge` gives the colour of a 3 pixel outline."""
        self.draw.rounded_rectangle(
            self.at(*box), radius * SHARP, fill, line.get("edge"), 3 * SHARP
        )

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Draw a filled circle around a point."""
        self.draw.ellipse(self.at(x - radius, y - radius, x + radius, y + radius), fill)

    def ring(self, x: float, y: float, radius: float, fill: str, thick: float) -> None:
        """Draw a circle line around a point."""
        self.arc((x, y), radius, (0, 360), fill, thick)

    def dome(self, x: float, y: float, radius: float, fill: str) -> None:
        """Draw the upper half of a filled circle."""
        around = self.at(x - radius, y - radius, x + radius, y + radius)
        self.draw.pieslice(around, 180, 360, fill)

    def arc(
        self,
        spot: Spot,
        radius: float,
        degrees: tuple[float, float],
        fill: str,
        thick: float,
    ) -> None:
        """Draw part of a circle; degrees run clockwise from three o'clock."""
        x, y = spot
        around = self.at(x - radius, y - radius, x + radius, y + radius)
        self.draw.arc(around, *degrees, fill, round(thick * SHARP))

    def line(self, points: list[float], fill: str, thick: float) -> None:
        """Draw a line with round ends and corners."""
        self.draw.line(self.at(*points), fill, round(thick * SHARP), joint="curve")
        for x, y in zip(points[::2], points[1::2], strict=True):
            self.disc(x, y, thick / 2, fill)

    def shape(self, points: list[float], fill: str) -> None:
        """Draw a filled polygon."""
        self.draw.polygon(self.at(*points), fill)

    def tick(self, x: float, y: float, size: float, fill: str = WHITE) -> None:
        """Draw a tick around a point."""
        corners = [-0.45, 0.02, -0.12, 0.36, 0.48, -0.34]
        points = [
            number * size + (x, y)[place % 2] for place, number in enumerate(corners)
        ]
        self.line(points, fill, size * 0.2)

    def star(self, x: float, y: float, radius: float, fill: str = AMBER) -> None:
        """Draw a five-pointed star around a point."""
        points: list[float] = []
        for corner in range(10):
            reach = radius if corner % 2 == 0 else radius * 0.45
            angle = math.radians(corner * 36 - 90)
            points += [x + reach * math.cos(angle), y + reach * math.sin(angle)]
        self.shape(points, fill)

    def text(
        self,
        spot: Spot,
        words: str,
        size: float,
        fill: str,
        style: str = "Semi Bold",
        *,
        anchor: str = "lm",
    ) -> float:
        """Write one line; return its width. The default anchor is left, middle."""
        face = font(style, size)
        x, y = self.at(*spot)
        self.draw.text((x, y), words, fill, face, anchor)
        return face.getlength(words) / SHARP

    def small(self) -> Image.Image:
        """Return the sheet at slide size."""
        return self.sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def wrapped(words: str, size: float, style: str, width: float) -> list[str]:
    """Break words into as few lines as `width` allows, of about the same length."""

    def broken(limit: float) -> list[str]:
        lines = [""]
        for word in words.split(" "):  # a no-break space keeps words together
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font(style, size).getlength(longer) / SHARP > limit:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    lines = broken(width)
    while width > size and len(broken(width)) == len(lines):
        lines = broken(width)
        width -= 5
    return lines


# Pictures: each draws around the point (0, 0), about 260 wide and 260 high.


def draw_card(pen: Pen) -> None:
    """Draw the Kartu Prakerja: dots for digits, for the number is a secret."""
    pen.box((-128, -78, 140, 90), "#08244f", 20)
    pen.box((-135, -85, 133, 83), WHITE, 20)
    pen.box((-135, -85, 133, -38), AMBER, 20)
    pen.box((-135, -60, 133, -38), AMBER)
    pen.text((-112, -62), "Kartu Prakerja", 22, NAVY, "Bold")
    pen.box((-112, -18, -70, 14), SKY, 7)
    for group in range(4):
        for dot in range(4):
            pen.disc(-106 + group * 60 + dot * 12.5, 50, 4.2, NAVY)


def draw_change(pen: Pen) -> None:
    """Draw a briefcase in two turning arrows."""
    for start in (200, 20):
        pen.arc((0, 0), 122, (start, start + 128), BLUE, 16)
        angle = math.radians(start + 128)
        x, y = 114 * math.cos(angle), 114 * math.sin(angle)
        ahead = angle + math.pi / 2
        tip = [x + 32 * math.cos(ahead), y + 32 * math.sin(ahead)]
        out = [x + 27 * math.cos(angle), y + 27 * math.sin(angle)]
        inner = [x - 27 * math.cos(angle), y - 27 * math.sin(angle)]
        pen.shape([*tip, *out, *inner], BLUE)
    pen.box((-26, -58, 26, -10), None, 12, edge=NAVY)
    pen.box((-22, -54, 22, -10), None, 9, edge=NAVY)
    pen.box((-68, -40, 68, 52), NAVY, 14)
    pen.line([-68, 2, 68, 2], SKY, 4)
    pen.box((-13, -9, 13, 15), AMBER, 6)


def draw_person(pen: Pen) -> None:
    """Draw a person with a list: one thing known, one to learn."""
    pen.disc(-62, -48, 42, NAVY)
    pen.dome(-62, 84, 70, BLUE)
    pen.box((10, -104, 136, 84), WHITE, 18, edge=SKY)
    for y, colour in ((-64, GREEN), (-8, GREEN), (48, AMBER)):
        pen.disc(40, y, 16, colour)
        pen.line([68, y, 116, y], SKY, 9)
    pen.tick(40, -64, 17)
    pen.tick(40, -8, 17)
    pen.line([33, 48, 47, 48], NAVY, 4.5)
    pen.line([40, 41, 40, 55], NAVY, 4.5)


def draw_compare(pen: Pen) -> None:
    """Draw training cards under a magnifying glass."""
    for x, y, stars, colour in ((-132, -108, 3, SKY), (-132, -8, 5, BLUE)):
        pen.box((x, y, x + 208, y + 84), WHITE, 16, edge=SKY)
        pen.box((x + 14, y + 14, x + 70, y + 70), colour, 10)
        pen.line([x + 90, y + 28, x + 184, y + 28], SKY, 9)
        for star in range(5):
            given = AMBER if star < stars else SKY
            pen.star(x + 94 + star * 22, y + 58, 10, given)
    pen.line([92, 94, 130, 132], NAVY, 22)
    pen.disc(58, 58, 52, NAVY)
    pen.disc(58, 58, 39, WHITE)
    pen.tick(58, 58, 42, GREEN)


def draw_videos(pen: Pen) -> None:
    """Draw three films watched to the end, one after another."""
    for row in range(3):
        y = -84 + row * 84
        pen.box((-118, y - 35, 118, y + 35), WHITE, 16, edge=SKY)
        pen.box((-106, y - 24, -32, y + 24), BLUE, 9)
        pen.shape([-78, y - 12, -78, y + 12, -57, y], WHITE)
        pen.text((-8, y), str(row + 1), 34, NAVY, "Bold")
        pen.disc(80, y, 21, GREEN)
        pen.tick(80, y, 22)


def draw_next(pen: Pen) -> None:
    """Draw an arrow to the next film."""
    pen.disc(0, 0, 96, "#1a4b94")
    pen.disc(0, 0, 74, AMBER)
    pen.line([-34, 0, 32, 0], NAVY, 14)
    pen.line([4, -30, 34, 0, 4, 30], NAVY, 14)


def draw_done(pen: Pen) -> None:
    """Draw a large tick."""
    pen.disc(0, 0, 96, "#1a4b94")
    pen.disc(0, 0, 74, AMBER)
    pen.tick(0, 0, 76, NAVY)


def draw_balance(pen: Pen) -> None:
    """Draw a training book bought with the balance, and cash crossed out."""
    pen.box((-124, -112, 30, 62), BLUE, 16)
    pen.box((-124, 26, 30, 62), NAVY, 16)
    pen.box((-108, 30, 30, 48), WHITE)
    pen.shape([-62, -66, -62, -8, -12, -37], WHITE)
    pen.box((-26, 34, 134, 124), "#dff3e7", 12, edge=GREEN)
    pen.ring(54, 79, 28, GREEN, 5)
    pen.text((54, 79), "Rp", 26, GREEN, "Bold", anchor="mm")
    pen.line([-16, 120, 124, 38], RED, 11)


def draw_calendar(pen: Pen) -> None:
    """Draw the thirty days: day 1 is the announcement, day 30 the last."""
    pen.box((-134, -124, 134, 124), WHITE, 18, edge=SKY)
    pen.box((-134, -124, 134, -82), BLUE, 18)
    pen.box((-134, -102, 134, -82), BLUE)
    pen.text((0, -102), "30 hari", 24, WHITE, "Bold", anchor="mm")
    for day in range(30):
        x, y = -105 + day % 6 * 42, -56 + day // 6 * 38
        colour = {0: GREEN, 29: AMBER}.get(day, "#e4eefa")
        pen.box((x - 17, y - 15, x + 17, y + 15), colour, 7)
        if day in (0, 29):
            number = WHITE if day == 0 else NAVY
            pen.text((x, y), str(day + 1), 22, number, "Bold", anchor="mm")


def draw_certificate(pen: Pen) -> None:
    """Draw a certificate with its seal and five stars."""
    pen.box((-126, -122, 126, 50), WHITE, 14, edge=SKY)
    pen.box((-112, -108, 112, 36), None, 8, edge=SKY)
    pen.text((0, -78), "Sertifikat", 29, NAVY, "Bold", anchor="mm")
    pen.line([-70, -38, 70, -38], SKY, 9)
    pen.line([-50, -12, 50, -12], SKY, 9)
    pen.shape([62, 30, 98, 30, 104, 88, 80, 72, 56, 88], NAVY)
    pen.disc(80, 22, 31, BLUE)
    pen.tick(80, 22, 30)
    for star in range(5):
        pen.star(-108 + star * 38, 98, 18)


def draw_phone(pen: Pen) -> None:
    """Draw an empty telephone."""
    pen.box((-84, -146, 84, 146), INK, 26)
    pen.box((-74, -134, 74, 134), WHITE, 17)
    pen.box((-22, -126, 22, -118), INK, 4)


def draw_dashboard(pen: Pen) -> None:
    """Draw the dashboard on a telephone: blue card and balance."""
    draw_phone(pen)
    pen.box((-62, -104, 62, -26), BLUE, 12)
    pen.text((-50, -86), "No Kartu", 16, WHITE, "Semi Bold")
    for dot in range(16):
        pen.disc(
            -47 + dot % 8 * 11 + dot % 8 // 4 * 10, -62 + dot // 8 * 16, 3.6, WHITE
        )
    pen.box((-62, -12, 62, 60), MIST, 12, edge=SKY)
    pen.text((-50, 8), "Saldo", 16, SLATE)
    pen.text((0, 36), "Rp1.000.000", 17, INK, "Bold", anchor="mm")
    pen.box((-62, 76, 62, 112), "#e4eefa", 12)
    pen.disc(72, -104, 24, GREEN)
    pen.tick(72, -104, 25)
    pen.disc(72, -4, 24, GREEN)
    pen.tick(72, -4, 25)


def draw_payment(pen: Pen) -> None:
    """Draw card number and one-time code on a telephone, and a padlock."""
    draw_phone(pen)
    pen.text((-58, -96), "Nomor kartu", 16, SLATE)
    pen.box((-60, -82, 60, -44), MIST, 9, edge=BLUE)
    for dot in range(8):
        pen.disc(-44 + dot * 11 + dot // 4 * 10, -63, 4, NAVY)
    pen.text((-58, -18), "Kode OTP", 16, SLATE)
    for digit in range(4):
        left = -60 + digit * 31
        pen.box((left, -4, left + 27, 34), MIST, 7, edge=BLUE)
        pen.disc(left + 13.5, 15, 4.5, NAVY)
    pen.box((-60, 54, 60, 92), BLUE, 12)
    pen.text((0, 73), "Bayar", 19, WHITE, "Bold", anchor="mm")
    pen.arc((92, 52), 29, (180, 360), NAVY, 12)
    pen.box((63, 52, 75, 80), NAVY)
    pen.box((109, 52, 121, 80), NAVY)
    pen.box((46, 72, 138, 142), AMBER, 14)
    pen.disc(92, 100, 10, NAVY)
    pen.line([92, 104, 92, 121], NAVY, 8)


def draw_owner(pen: Pen) -> None:
    """Draw an identity card and a telephone that belong to the same person."""
    pen.box((-136, -112, 84, 26), WHITE, 16, edge=BLUE)
    pen.text((-118, -90), "NIK", 20, BLUE, "Bold")
    for y, width in ((-58, 92), (-30, 92), (-2, 60)):
        pen.line([-114, y, -114 + width, y], SKY, 9)
    pen.disc(34, -68, 20, NAVY)
    pen.dome(34, -6, 34, BLUE)
    pen.box((34, -20, 128, 140), INK, 18)
    pen.box((42, -10, 120, 130), WHITE, 11)
    pen.text((81, 16), "HP", 21, BLUE, "Bold", anchor="mm")
    pen.disc(81, 72, 28, GREEN)
    pen.tick(81, 72, 29)


ART: dict[str, Callable[[Pen], None]] = {
    "card": draw_card,
    "change": draw_change,
    "person": draw_person,
    "compare": draw_compare,
    "videos": draw_videos,
    "next": draw_next,
    "done": draw_done,
    "balance": draw_balance,
    "calendar": draw_calendar,
    "certificate": draw_certificate,
    "dashboard": draw_dashboard,
    "payment": draw_payment,
    "owner": draw_owner,
}


# --- slides ----------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """Something that comes in at a moment, with its place on the slide."""

    image: Image.Image
    place: tuple[int, int]
    at: float


@dataclass(frozen=True)
class Scene:
    """A drawn slide: what stands from its start, and what comes in later."""

    start: float
    base: Image.Image
    layers: list[Layer]


def moments(slide: Slide, said: list[Phrase]) -> list[float]:
    """Return when each point, then the foot, comes in.

    Several in one phrase (a list of names) are spread over the time it takes.
    """
    places = len(slide.points) + bool(slide.foot)
    of = [slide.phrase_of(place) for place in range(places)]
    times: list[float] = []
    for place, index in enumerate(of):
        phrase = said[index]
        part = of[:place].count(index) / of.count(index)
        times.append(phrase.start + part * (phrase.end - phrase.start) * 0.9)
    return times


def frame_of(film: Film, index: int, *, dark: bool) -> Pen:
    """Draw what all slides share: notice, band, dots for the place in the film."""
    pen = Pen(NAVY if dark else MIST)
    if dark:
        pen.disc(770, 60, 250, "#0f3a80")
        pen.disc(820, 20, 170, "#124491")
    pen.box((0, CAPTIONS_FROM + 8, WIDTH, HEIGHT), "#082552" if dark else "#dfeaf8")
    quiet = SKY if dark else SLATE
    pen.text((LEFT, 30), film.notice, 22, quiet, "Medium")
    pen.text((LEFT, 438), f"{film.number} · {film.title}", 22, quiet, "Semi Bold")
    count = len(film.slides)
    for dot in range(count):
        on = (
            (AMBER if dark else BLUE)
            if dot <= index
            else ("#2a5596", "#bcd3ee")[not dark]
        )
        pen.disc(RIGHT - 8 - (count - 1 - dot) * 20, 30, 6, on)
    return pen


HEADING, TITLE = 42, 48  # type sizes
MOST_LINES = 4
FEW_ROWS, FEW_CHIPS = 2, 5  # so few are drawn larger


def heading(pen: Pen, words: str, top: float, width: float = 760) -> float:
    """Write a heading; return where the space under it begins."""
    return written(pen, words, top, (HEADING, NAVY), width)


def title(pen: Pen, words: str, top: float) -> float:
    """Write the large words of a title slide; return where they end."""
    return written(pen, words, top, (TITLE, WHITE), 470)


def written(
    pen: Pen, words: str, top: float, look: tuple[int, str], width: float
) -> float:
    """Write bold lines of a size and colour; return where they end."""
    size, fill = look
    lines = wrapped(words, size, "Bold", width)
    if len(lines) > MOST_LINES:
        raise SystemExit(f"heading too long: {words}")
    for number, line in enumerate(lines):
        pen.text((LEFT, top + (number + 0.5) * size * 1.18), line, size, fill, "Bold")
    return top + len(lines) * size * 1.18


def fits(words: str, bottom: float, right: float = 0) -> None:
    """Stop if something reaches below the free space or off the slide."""
    if bottom > CAPTIONS_FROM or right > RIGHT + 2:
        raise SystemExit(f"no room on the slide for: {words}")


def picture_of(slide: Slide) -> Pen:
    """Draw the picture of a slide in its place at the right."""
    pen = Pen()
    pen.shift = (668, 228)
    ART[slide.art](pen)
    return pen


def title_slide(slide: Slide) -> list[Pen]:
    """Large words on blue, the picture at the right."""
    top = 106
    words = Pen()
    words.text((LEFT, top), slide.points[0], 30, AMBER, "Bold")
    fits(slide.heading, title(words, slide.heading, top + 30))
    return [words, picture_of(slide)]


def points_slide(slide: Slide) -> list[Pen]:
    """Heading and short points left, picture right."""
    lines = len(wrapped(slide.heading, HEADING, "Bold", 470))
    heights = [len(wrapped(point, 30, "Semi Bold", 410)) * 37 for point in slide.points]
    tall = lines * HEADING * 1.18 + 22 + sum(heights) + 17 * (len(heights) - 1)
    top = (66 + CAPTIONS_FROM - tall) / 2
    words = Pen()
    y = heading(words, slide.heading, top, 470) + 22
    sheets = [words, picture_of(slide)]
    for point, height in zip(slide.points, heights, strict=True):
        sheet = Pen()
        sheet.disc(LEFT + 15, y + 19, 15, BLUE)
        sheet.tick(LEFT + 15, y + 19, 15)
        for number, line in enumerate(wrapped(point, 30, "Semi Bold", 410)):
            sheet.text((LEFT + 48, y + 19 + number * 37), line, 30, INK)
        y += height + 17
        sheets.append(sheet)
    fits(slide.heading, y - 17)
    return sheets


def rows_slide(slide: Slide) -> list[Pen]:
    """Rows of a label and an amount; the sum stands on blue."""
    few = len(slide.points) <= FEW_ROWS
    height, gap, size = (92, 16, 34) if few else (60, 9, 30)
    tall = 50 + 20 + len(slide.points) * (height + gap) - gap
    top = (62 + CAPTIONS_FROM - tall) / 2
    words = Pen()
    y = heading(words, slide.heading, top) + 18
    sheets = [words]
    for point in slide.points:
        label, amount = point.removeprefix("=").split("|")
        total = point.startswith("=")
        sheet = Pen()
        sheet.box(
            (LEFT, y, RIGHT, y + height),
            BLUE if total else WHITE,
            16,
            edge=BLUE if total else SKY,
        )
        middle = y + height / 2
        sheet.text((LEFT + 26, middle), label, size, WHITE if total else INK)
        sheet.text(
            (RIGHT - 26, middle),
            amount,
            size + 2,
            WHITE if total else BLUE,
            "Bold",
            anchor="rm",
        )
        sheets.append(sheet)
        y += height + gap
    fits(slide.heading, y - gap)
    return sheets


def tiles_slide(slide: Slide) -> list[Pen]:
    """Big numbers side by side."""
    words = Pen()
    heading(words, slide.heading, 78)
    gap = 20
    width = (RIGHT - LEFT - gap * (len(slide.points) - 1)) / len(slide.points)
    sheets = [words]
    for place, point in enumerate(slide.points):
        number, word = point.split("|")
        left = LEFT + place * (width + gap)
        sheet = Pen()
        sheet.box((left, 150, left + width, 326), WHITE, 20, edge=SKY)
        middle = left + width / 2
        sheet.text((middle, 218), number, 60, BLUE, "Bold", anchor="mm")
        sheet.text((middle, 284), word, 32, INK, "Semi Bold", anchor="mm")
        sheets.append(sheet)
    foot = Pen()
    foot.text((LEFT, 362), slide.foot, 26, SLATE, "Medium")
    return [*sheets, foot]


def chips_slide(slide: Slide) -> list[Pen]:
    """Names in rounded boxes, and one line under them."""
    few = len(slide.points) <= FEW_CHIPS
    size, height, pad, gap = (42, 80, 36, 18) if few else (29, 56, 22, 12)
    top, right = (70, LEFT + 620) if few else (68, RIGHT)
    words = Pen()
    heading(words, slide.heading, top)
    x, y = float(LEFT), top + 50 + 22.0
    sheets = [words]
    for name in slide.points:
        width = font("Bold", size).getlength(name) / SHARP + 2 * pad
        if x + width > right:
            x, y = float(LEFT), y + height + gap
        sheet = Pen()
        sheet.box((x, y, x + width, y + height), WHITE, height / 2, edge=BLUE)
        sheet.text((x + pad, y + height / 2), name, size, BLUE, "Bold")
        sheets.append(sheet)
        fits(name, y + height, x + width)
        x += width + gap
    foot = Pen()
    middle = y + height + 32
    wide = foot.text((LEFT, middle), slide.foot, 29, INK, "Semi Bold")
    fits(slide.foot, middle + 14, LEFT + wide)
    return [*sheets, foot]


# Each returns what comes in: the heading, the picture if any, the points, the foot.
LAYOUTS: dict[str, Callable[[Slide], list[Pen]]] = {
    "title": title_slide,
    "points": points_slide,
    "rows": rows_slide,
    "tiles": tiles_slide,
    "chips": chips_slide,
}


def draw_scene(film: Film, index: int, said: list[Phrase], start: float) -> Scene:
    """Draw one slide, cut into what stands and what comes in."""
    slide = film.slides[index]
    pen = frame_of(film, index, dark=slide.layout == "title")
    sheets = LAYOUTS[slide.layout](slide)
    times = [start - RISE_TIME if index == 0 else start]
    if slide.art:
        times.append(times[0] + 0.12)
    if slide.layout != "title":
        times += moments(slide, said)
    layers = []
    for sheet, at in zip(sheets, times, strict=True):
        image = sheet.small()
        # Thin outlines leave faint pixels; the box of what is seen is enough.
        seen = image.getchannel("A").getbbox()
        if seen is None:
            raise SystemExit(f"nothing drawn on: {slide.heading}")
        layers.append(Layer(image.crop(seen), seen[:2], max(at - 0.1, times[0])))
    return Scene(start, pen.small().convert("RGB"), layers)


def draw_film(film: Film, phrases: list[Phrase]) -> list[Scene]:
    """Draw all slides; each begins a moment before its first phrase."""
    scenes = []
    for index in range(len(film.slides)):
        said = [phrase for phrase in phrases if phrase.slide == index]
        start = 0.0 if index == 0 else said[0].start - 0.3
        scenes.append(draw_scene(film, index, said, start))
    return scenes


# --- motion ----------------------------------------------------------------------

# A slide changes by a cut, then its parts rise in: one page fading through another
# is unreadable for a moment and takes half as much data again.


def eased(part: float) -> float:
    """Return 0 to 1, quick at first and gentle at the end."""
    return 1 - (1 - min(max(part, 0.0), 1.0)) ** 3


def picture_at(scene: Scene, seconds: float) -> Image.Image:
    """Return a scene as it looks at a moment."""
    picture = scene.base.copy()
    for layer in scene.layers:
        shown = eased((seconds - layer.at) / RISE_TIME)
        if shown <= 0:
            continue
        alpha = layer.image.getchannel("A")
        if shown < 1:
            alpha = ImageChops.multiply(
                alpha, Image.new("L", alpha.size, round(255 * shown))
            )
        x, y = layer.place
        picture.paste(layer.image, (x, y + round(RISE * (1 - shown))), alpha)
    return picture


def settled(scene: Scene, seconds: float) -> int | None:
    """Return how many layers stand still, or None while something moves."""
    arrived = 0
    for layer in scene.layers:
        if seconds >= layer.at + RISE_TIME:
            arrived += 1
        elif seconds > layer.at:
            return None
    return arrived


def frames(scenes: list[Scene], seconds: float) -> Iterator[bytes]:
    """Yield every frame as raw RGB."""
    still: dict[tuple[int, int], Image.Image] = {}
    for number in range(round(seconds * FPS)):
        now = number / FPS
        index = max(place for place, scene in enumerate(scenes) if scene.start <= now)
        scene = scenes[index]
        arrived = settled(scene, now)
        if arrived is None:
            picture = picture_at(scene, now)
        else:
            if (index, arrived) not in still:
                still[index, arrived] = picture_at(scene, now)
            picture = still[index, arrived].copy()
        ImageDraw.Draw(picture).rectangle(
            (0, HEIGHT - 6, WIDTH * now / seconds, HEIGHT), AMBER
        )
        yield picture.tobytes()


# --- files -----------------------------------------------------------------------


def encode(scenes: list[Scene], raw: Path, film: Path) -> None:
    """Write the film: H.264 main profile and AAC, playable in every browser."""
    seconds = length_of(raw)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS)]
    command += ["-i", "pipe:0", "-i", str(raw), "-map", "0:v", "-map", "1:a"]
    # Old Safari guesses the colours unless they are named.
    command += ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    command += ["-colorspace", "bt709", "-color_primaries", "bt709"]
    command += ["-color_trc", "bt709", "-color_range", "tv"]
    command += ["-c:v", "libx264", "-profile:v", "main", "-level", "3.1"]
    command += ["-preset", "veryslow", "-tune", "animation", "-crf", "33"]
    # One thread: two give slightly different bytes each time.
    command += ["-g", str(KEYFRAME), "-keyint_min", str(FPS), "-threads", "1"]
    # The `fast` coder keeps closer to the wave (21 dB against 12 dB for the default
    # at the same size) and does not overshoot its peaks.
    command += ["-af", tone_for(raw), "-c:a", "aac", "-aac_coder", "fast"]
    command += ["-b:a", "40k", "-ac", "1", "-ar", str(AAC_RATE)]
    command += ["-t", f"{seconds}", "-movflags", "+faststart"]
    # No dates or tool versions in the file: the same input gives the same bytes.
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    command += ["-flags:a", "+bitexact", "-metadata:s:a", "language=ind", str(film)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin
        for frame in frames(scenes, seconds):
            ffmpeg.stdin.write(frame)
        ffmpeg.stdin.close()
        if ffmpeg.wait():
            raise SystemExit(f"ffmpeg could not write {film.name}")


def make(film: Film, narration: Narration) -> None:
    """Make the four files of one film."""
    stem = OUT / str(film.number)
    with tempfile.TemporaryDirectory() as scratch:
        phrases, raw = narrate(film, narration, Path(scratch))
        seconds = length_of(raw)
        print(f"{film.number}: {seconds:.2f} s, {len(phrases)} captions", flush=True)
        if not LENGTH[0] <= seconds <= LENGTH[1]:
            raise SystemExit(f"must last {LENGTH[0]:g} to {LENGTH[1]:g} s")
        stem.with_suffix(".vtt").write_text(captions(phrases), "utf-8")
        stem.with_suffix(".txt").write_text(transcript(film), "utf-8")
        scenes = draw_film(film, phrases)
        poster = stem.with_suffix(".webp")
        # Smaller than the film: it is seen once, at the width of a phone.
        opening = picture_at(scenes[0], 5).resize((640, 360), Image.Resampling.LANCZOS)
        for quality in range(80, 20, -5):
            opening.save(poster, quality=quality, method=6)
            if poster.stat().st_size <= POSTER_BYTES:
                break
        else:
            raise SystemExit(f"{poster.name} is heavier than {POSTER_BYTES} bytes")
        encode(scenes, raw, stem.with_suffix(".mp4"))


def main() -> None:
    """Make the films asked for, or all."""
    narration = read_narration()
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = {int(number) for number in sys.argv[1:]}
    for film in narration.films:
        if not wanted or film.number in wanted:
            make(film, narration)
    weights = {path.name: path.stat().st_size for path in sorted(OUT.glob("[123].mp4"))}
    print(textwrap.indent(json.dumps(weights), "  "), sum(weights.values()))
    if sum(weights.values()) > ALL_BYTES:
        raise SystemExit(f"the films weigh more than {ALL_BYTES} bytes together")


if __name__ == "__main__":
    main()
