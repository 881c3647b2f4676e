"""What each guard costs on a message of 10,000 characters: `python -m bench.guards [--characters N]`.

Beside each time stands its ratio to a plain loop over the same characters, since the machine's speed changes.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from collections.abc import Callable
from itertools import cycle, islice

from bench.books import taken
from bench.clock import median
from chat.guards.attacks import find_attacks
from chat.guards.attacks.measure import TUNED_ON_PATH, read_texts
from chat.guards.contract import Guard
from chat.guards.invisible import find_invisible

REPEAT = 15
GUARDS: dict[str, Guard] = {"attacks": find_attacks, "invisible": find_invisible}
PROSE = """The harbour was built in 1832, when barges carried timber down the river and came back with salt. A keeper
lived in the house by the lock; he wrote down each ship, its load and the weather. His books are in the library of the
town, where anyone may read them. In the spring of 1871 the water rose by four metres, and the gate broke. It took three
years to build the new one, which is still there today, and which children climb on their way home from school.
"""
CODE = """def totals(lines: list[Line], *, by: str = "month") -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        key = line.at.strftime("%Y-%m") if by == "month" else line.name
        found[key] = found.get(key, Decimal(0)) + line.amount  # cents are exact
    return dict(sorted(found.items()))
"""
VIETNAMESE = """Bến cảng được xây từ năm 1832, khi những chiếc thuyền chở gỗ xuôi dòng và quay về với muối. Người gác
sống trong căn nhà bên cửa sông, ghi lại từng con tàu, hàng hóa và thời tiết. Sổ sách của ông nay nằm ở thư viện.
"""
CHINESE = (
    "港口建于一八三二年，那时驳船把木材运到下游，再带着盐回来。守闸人住在河边的小屋里，记下每一条船、货物和天气。\n"
)


def main(characters: int) -> None:
    chance = random.Random(1)
    texts = {
        "English prose": PROSE,
        "code": CODE,
        "Vietnamese": VIETNAMESE,
        "Chinese": CHINESE,
        "base64 of noise": base64.b64encode(chance.randbytes(characters)).decode(),
        "attacks only": "\n".join(text.text for text in read_texts(TUNED_ON_PATH) if text.category),
    }
    for about, text in texts.items():
        whole = "".join(islice(cycle(text), characters))
        loop_s = cpu_s(lambda whole=whole: [None for _ in whole])  # type: ignore[misc]  # a default stands for each
        for name, guard in GUARDS.items():
            used_s = cpu_s(lambda guard=guard, whole=whole: guard(whole, "input"))  # type: ignore[misc]  # as above
            row = {"ms_per_10000": round(1e7 * used_s / characters, 2), "ratio_to_loop": round(used_s / loop_s, 1)}
            print(json.dumps({"label": f"guards: {name}, {about}"} | row), flush=True)


def cpu_s(function: Callable[[], object]) -> float:
    function()
    return median([taken(function)[1] for _ in range(REPEAT)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=10_000)
    main(parser.parse_args().characters)
