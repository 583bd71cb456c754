"""Writes 320 plain English sentences of 3 to 40 words with topic and sentiment labels: the data of the epoch on MiniLM.

Half of them carry both labels, a quarter the topic alone, a quarter the sentiment alone. They are made for comparing
two programs, so they need to be readable and of many lengths, not clever.
"""

import json
import random

import recording

COUNT = 320

SUBJECTS = {
    "world": ["the ministers", "both governments", "the border talks", "the peace envoys", "the election observers",
              "aid workers in the flooded province", "the new president", "delegates at the summit"],
    "sports": ["the home team", "the young striker", "our goalkeeper", "the champions", "the cycling squad",
               "the coach and her players", "the relay runners", "the visiting bowlers"],
    "business": ["the airline", "shareholders", "the car maker", "the central bank", "small exporters", "the retail chain",
                 "the company's new owners", "investors in the shipping group"],
    "sci/tech": ["the researchers", "the satellite", "the new phone", "engineers at the laboratory", "the software update",
                 "the climate model", "a team of astronomers", "the open source project"],
}

NEUTRAL = {
    "world": ["met in the capital on Tuesday", "signed a treaty on fishing rights", "asked the council for another vote",
              "opened an embassy after eleven years"],
    "sports": ["play the return leg on Saturday", "named an unchanged side", "moved the match to the evening",
               "trained indoors because of the rain"],
    "business": ["published quarterly figures", "moved to a smaller office by the coast", "kept interest rates at two percent",
                 "will open forty shops next year"],
    "sci/tech": ["measured the orbit again", "published the source code", "switched to a smaller battery",
                 "counted the genes of a deep sea worm"],
}

GOOD = {
    "world": ["reached a fair agreement at last", "brought the families home safely", "won praise for a calm handover"],
    "sports": ["played a brilliant match", "won with style and patience", "broke the record to loud applause"],
    "business": ["had a wonderful year", "beat every forecast", "raised wages and still grew happily"],
    "sci/tech": ["made a beautiful discovery", "worked perfectly on the first try", "delighted everyone who tested it"],
}

BAD = {
    "world": ["failed the refugees again", "left the talks in anger", "made a shameful mess of the vote"],
    "sports": ["threw away an easy lead", "looked dreadful from the first minute", "lost in the most painful way"],
    "business": ["lost a terrible amount of money", "ruined a good name with cheap tricks", "fired hundreds without a word"],
    "sci/tech": ["crashed all day long", "wasted years on a hopeless idea", "turned out slow, clumsy and full of faults"],
}

THINGS = ["the film", "this little book", "the dinner", "her second album", "the hotel room", "the second season",
          "the museum tour", "his new play"]

OPINIONS = {
    "positive": ["was a joy from start to finish", "made me laugh and cry", "is warm, clever and worth every penny",
                 "surprised me in the best way", "was not bad at all, I loved it"],
    "negative": ["was a waste of an evening", "left me bored and a little angry", "is cold, clumsy and far too long",
                 "disappointed me badly", "was not good, whatever the posters say"],
}

OPENINGS = ["according to two people who were there", "in the end", "as far as anyone can tell", "on a grey Monday morning",
            "after three weeks of rumours", "for the second time this year"]

MORE = {
    None: ["and more details are expected before the end of the month", "while the details stay in a drawer until spring",
           "as the timetable for the season had foreseen"],
    "positive": ["and everyone I spoke to was pleased with how it went", "a great relief after such a long wait",
                 "and I would gladly see it all again tomorrow"],
    "negative": ["and nobody I spoke to could say a kind word about it", "a bitter end to such a long wait",
                 "and I would not wish it on anyone I know"],
}

SHORT = {
    "positive": ["wonderful", "brilliant", "a great success"],
    "negative": ["awful", "dreadful", "a sad failure"],
    None: ["in the news", "on the agenda"],
}


def core(rng, topic, sentiment):
    """A subject and what it did, as the labels ask."""
    if topic is None:
        return f"{rng.choice(THINGS)} {rng.choice(OPINIONS[sentiment])}"
    said = {None: NEUTRAL, "positive": GOOD, "negative": BAD}[sentiment]
    return f"{rng.choice(SUBJECTS[topic])} {rng.choice(said[topic])}"


def short(rng, topic, sentiment):
    """Three to nine words: a subject and a verdict."""
    subject = rng.choice(THINGS if topic is None else SUBJECTS[topic])
    return f"{subject}: {rng.choice(SHORT[sentiment])}"


def sentence(rng, topic, sentiment):
    length = rng.randrange(5)
    text = short(rng, topic, sentiment) if length == 0 else core(rng, topic, sentiment)
    if length >= 2:
        text = f"{rng.choice(OPENINGS)}, {text}"
    if length >= 3:
        text = f"{text}, {rng.choice(MORE[sentiment])}"
    if length == 4:
        text = f"{text}; {core(rng, topic, sentiment)}"
    return text[0].upper() + text[1:] + rng.choice([".", ".", ".", "!", ""])


def labels(rng):
    both = rng.randrange(4)  # 0 the topic alone, 1 the sentiment alone
    topic = None if both == 1 else rng.choice(sorted(SUBJECTS))
    sentiment = None if both == 0 else rng.choice(["negative", "positive"])
    return topic, sentiment


def records():
    rng = random.Random(11)
    for _ in range(COUNT):
        topic, sentiment = labels(rng)
        given = {"topic": topic, "sentiment": sentiment}
        yield {"text": sentence(rng, topic, sentiment), "labels": {t: v for t, v in given.items() if v}}


if __name__ == "__main__":
    path = recording.folder("train", "testdata", "minilm") / "epoch.jsonl"
    lines = [json.dumps(r, ensure_ascii=False) for r in records()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
