#!/usr/bin/env python3
"""Gives a catalogue bid terms of all match types, negative keywords and budgets.

    add_bids.py catalogue.jsonl > catalogue_with_bids.jsonl

For catalogues that have none, such as public product data, to look at auctions over real titles. Terms are
runs of words of an ad's own title and category, so that merchants of similar products bid on the same ones.
The same catalogue always gets the same bids.
"""
import json
import random
import re
import sys

# What merchants of a category do not want to pay for.
UNWANTED = ["used", "refurbished", "repair", "manual", "free", "rent", "case", "replacement"]


def words_of(text):
    return [word for word in re.findall(r"\w+", text.lower()) if not word.isdigit()]


def terms_of(ad, chance):
    title = words_of(ad["title"])
    category = words_of(re.split(r" > |/", ad.get("category", "") or "")[-1])
    terms = []
    for _ in range(chance.randint(1, 4)):
        source = category if category and chance.random() < 0.4 else title
        if not source:
            continue
        length = min(len(source), chance.choice([1, 1, 2, 2, 2, 3, 5]))
        first = chance.randint(0, len(source) - length)
        words = source[first : first + length]
        match = chance.choices(["broad", "phrase", "exact"], [5, 3, 2])[0]
        term = {"term": " ".join(words), "match": match}
        if match != "broad" or chance.random() < 0.3:
            term["bid"] = round(ad["bid"] * chance.uniform(0.8, 1.6), 2)
        terms.append(term)
    return terms


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            ad = json.loads(line)
            chance = random.Random(ad["id"])
            ad["bid"] = round(chance.lognormvariate(-0.7, 0.6), 2)
            # A few merchants leave it to their titles.
            if chance.random() < 0.85:
                ad["bid_terms"] = terms_of(ad, chance)
            else:
                ad.pop("bid_terms", None)
            if chance.random() < 0.3:
                ad["negative_keywords"] = chance.sample(UNWANTED, chance.randint(1, 3))
            if chance.random() < 0.4:
                ad["daily_budget"] = chance.choice([0, 5, 20, 100])
            print(json.dumps(ad, ensure_ascii=False))


if __name__ == "__main__":
    main()
