"""Public data sets in miniature: a few made-up rows in the layout of each set, so that stages of
`./dev learning` run where the real sets are not, and in seconds."""

import gzip
import random

WORDS = ("matte", "glossy", "organic", "travel", "gentle", "vegan", "mineral", "herbal", "instant",
         "luxury", "daily", "night", "citrus", "coconut", "argan", "silky")


# Made-up words of three letters and more, so that each category of products has words of its own.
COINED = tuple(a + b for a in ("bal", "cor", "dun", "fel", "gar", "hin") for b in
               ("ado", "eka", "ino", "oma", "ura", "abe", "iso", "ero", "uni", "alo"))


def _write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def _amazon_beauty(directory, draws, users=150, items=120):
    kinds = ("Nails > Polish", "Hair > Shampoo", "Face > Cream")
    rows = ["item_id\tcategory_path\ttitle"]
    for i in range(items):
        kind = kinds[i % len(kinds)]
        words = " ".join(draws.sample(COINED[i % 3 * 20:i % 3 * 20 + 20], 5))
        rows.append(f"{i}\tBeauty > {kind}\tbrand{i % 7} {words} {kind.split()[-1].lower()}")
    _write(directory / "items.tsv.gz", rows)
    # Users come with their products, as in the real set, so that listing times mean something.
    lines = []
    for u in range(users):
        newest = items * (u + 1) // users
        bought = draws.sample(range(max(newest, 12)), 8)
        lines.append(" ".join(map(str, (u + 1, *bought))))
    _write(directory / "sequences.txt.gz", lines)


def _online_retail(directory, draws, invoices=400):
    rows = ["InvoiceNo\tStockCode\tDescription\tQuantity\tInvoiceDate\tUnitPrice\tCustomerID\t"
            "Country"]
    things = ("HOLDER", "LANTERN", "BAG", "CLOCK")
    products = [f"{' '.join(draws.sample(WORDS, 3)).upper()} {draws.choice(things)}"
                for _ in range(60)]
    for i in range(invoices):
        day = f"2011-{1 + i * 12 // invoices:02d}-{1 + i % 28:02d} 08:{i % 60:02d}:00"
        for _ in range(3):
            p = draws.randrange(len(products))
            rows.append(f"{536365 + i}\t{85000 + p}\t{products[p]}\t6\t{day}\t2.55\t"
                        f"{17850 + draws.randrange(60)}\tUnited Kingdom")
    _write(directory / "online_retail.tsv.gz", rows)


def _trivago(directory, draws, users=500):
    rows = ["user_id\tsession_id\ttimestamp\tstep\taction_type\treference\tplatform\tcity\tdevice\t"
            "current_filters\timpressions\tprices"]
    filters = ["Pool", "Wifi", "Spa", "Parking", "Beach", "Bar", "Gym", "Pets", "Sauna", "Garden",
               "View", "Balcony"]
    sessions = []
    for u in range(users):
        for session in range(2):
            sessions.append((1541548800 + draws.randrange(86000), f"u{u}", f"s{u}-{session}"))
    for start, user, session in sorted(sessions):
        active = []
        for step, clicked in enumerate(draws.sample(filters, 3)):
            active.append(clicked)
            rows.append(f"{user}\t{session}\t{start + 10 * step}\t{step + 1}\tfilter selection\t"
                        f"{clicked}\tFR\tParis, France\tmobile\t{'|'.join(active)}\t\t")
    _write(directory / "events.tsv.gz", rows)


def _upworthy(directory, draws, tests=300):
    rows = ["clickability_test_id\ttest_week\teyecatcher_id\timpressions\tclicks\theadline"]
    weeks = [201400 + w for w in range(3, 52)]
    for t in range(tests):
        week = weeks[t * len(weeks) // tests]
        for _ in range(3):
            words = draws.sample(WORDS, 5)
            clicks = 40 + 30 * ("instant" in words) + draws.randrange(20)
            rows.append(f"t{t}\t{week}\timage\t1000\t{clicks}\t{' '.join(words)}")
    _write(directory / "exploratory.tsv.gz", rows)


def write_tiny_sets(directory):
    """Writes the sets below `directory`; equal on every machine."""
    for name, write in (("amazon_beauty", _amazon_beauty), ("online_retail", _online_retail),
                        ("trivago_filter_clicks", _trivago), ("upworthy", _upworthy)):
        write(directory / name, random.Random(name))
