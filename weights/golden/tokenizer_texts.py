"""Makes texts, everyday and hard, and records what Hugging Face tokenizers makes of them in core/tokenizer/testdata."""

import copy
import gzip
import hashlib
import json
import random
import unicodedata

import tokenizers
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from tokenizer_tables import CODE_POINTS

EVERYDAY = """\
The quick brown fox jumps over the lazy dog.
I wouldn't say it's the best film I've ever seen, but it's certainly not the worst!
"What time is it?" she asked. "Half past nine," he said -- and left.
Shares of the company fell 3.5% to $41.20 on Tuesday, after a 12,000-strong strike.
Visit https://example.org/a/b?c=d&e=f#g or write to someone.else+tag@example.co.uk by 2024-02-29, 10:30 a.m.
State-of-the-art (SOTA) results: F1 = 0.91±0.02; p<0.05; O(n²) → O(n·log n).
LOL!!! that was sooooo goooood :-) ;) <3 #winning @friend 👍
The naïve façade of the café in São Tomé; coöperation, résumé, jalapeño, Zoë, Ångström, Dvořák.
Größe, Straße, Übermut und Ärger: Der Fluss ist über die Ufer getreten. STRASSE, ẞ.
L'été dernier, où étiez-vous ? « Nous étions à l'étranger », répondit-elle ; c'était déjà bien loin…
El niño comió piñones; ¿cuándo volverá? ¡Qué pingüino tan simpático!
Não há razão para preocupações: amanhã o pão estará à venda às oito.
Perché così è più bello? La città è già piena, però c'è ancora un po' di caffè.
De kinderen zijn naar zee geweest; 's middags regende het. Coördinatie, zeeën, één.
Å være eller ikke være, det er spørsmålet. Blåbærsyltetøy smaker godt.
Smörgåsbord, räksmörgås och köttbullar på Östermalm. Är du hungrig?
Mikä päivä tänään on? Hyvää yötä, ystäväni, nähdään huomenna.
Þetta er íslenska: Ég á lítinn ketil, það er ágætt. Æska, öld, ýmislegt.
Zażółć gęślą jaźń. Łódź, Kraków, Wrocław: trzy miasta, źdźbło trawy.
Příliš žluťoučký kůň úpěl ďábelské ódy. Řeka teče, šťastný den!
Kŕdeľ šťastných ďatľov učí pri ústí Váhu mĺkveho koňa obhrýzať kôru.
Árvíztűrő tükörfúrógép. Öt hűtőházból kértünk színhúst.
Gheorghe și-a cumpărat o țuică și o pâine în târg; Ștefan, Țepeș.
İstanbul'da ılık bir gün; ĞÜŞİÖÇ ğüşıöç, DİYARBAKIR ve Iğdır.
Tiếng Việt có nhiều dấu: Nguyễn Thị Hằng, phở bò, đường Điện Biên Phủ, ợ ỡ ở ờ ớ.
Ġurnata sabiħa f'Għawdex; ħobż u żejt.
Glāžšķūņa rūķīši dzērumā čiepj Baha koncertflīģeļu vākus.
Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą.
Põdur Zagrebi tšellomängija-följetonist Ciqo külmetas kehvas garaažis.
Съешь же ещё этих мягких французских булок, да выпей чаю. Ёлка, подъезд, Йод.
Чуєш їх, доцю, га? Кумедна ж ти, прощайся без ґольфів! Її їжак.
Жълтата дюля беше щастлива, че пухът, който цъфна, замръзна като гьон.
Љубазни фењерџија чађавог лица хоће да ми покаже штос. Ђорђе, ѓ, ќ.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Ο Οδυσσέας είναι σοφός· ΟΔΟΣ, ὁ λόγος, ᾠδή, ῥῆμα.
Բարեւ ձեզ, ինչպե՞ս եք այսօր։ Երեւանը գեղեցիկ քաղաք է։
გამარჯობა, როგორ ხარ? თბილისი ლამაზი ქალაქია. ᲗᲑᲘᲚᲘᲡᲘ
דג סקרן שט בים מאוכזב ולפתע מצא לו חברה. שָׁלוֹם עֲלֵיכֶם, מה שלומך?
صِف خَلقَ خَودِ كَمِثلِ الشَمسِ إِذ بَزَغَت. مرحبا بالعالم، كيف حالك؟ ١٢٣٤
یک دانشجوی زبان فارسی می‌خواهد کتاب‌ها را بخواند. ۱۲۳۴۵
ٹھنڈی ہوا چل رہی ہے، کیا آپ چائے پئیں گے؟
ऋषियों को सताने वाले दुष्ट राक्षसों का सर्वनाश। नमस्ते, आप कैसे हैं? क़लम, ज़मीन, फ़र्क़
আমার সোনার বাংলা, আমি তোমায় ভালোবাসি। ড়, ঢ়, য়
ਮੈਂ ਪੰਜਾਬੀ ਬੋਲਦਾ ਹਾਂ। ਸ਼ੇਰ, ਖ਼ਬਰ
હું ગુજરાતી બોલું છું. આજે હવામાન સારું છે.
யாமறிந்த மொழிகளிலே தமிழ்மொழி போல் இனிதாவது எங்கும் காணோம். கொ கோ கௌ
తెలుగు భాష చాలా అందమైనది. నమస్కారం!
ಕನ್ನಡ ನಾಡು ಚೆಂದ; ಕೊಡಗು, ಮೈಸೂರು, ಬೇಳೂರು.
മലയാളം ഒരു ദ്രാവിഡ ഭാഷയാണ്. കൊച്ചി, കോഴിക്കോട്
සිංහල භාෂාව ලස්සනයි. ආයුබෝවන්! කෝපි, ගෝ
สวัสดีครับ วันนี้อากาศดีมาก น้ำ เก่ง ๆ ๑๒๓
ສະບາຍດີ, ເຈົ້າເປັນແນວໃດ? ນໍ້າ
မင်္ဂလာပါ၊ နေကောင်းလား။ ဦး
សួស្តី តើអ្នកសុខសប្បាយទេ? ភ្នំពេញ
བཀྲ་ཤིས་བདེ་ལེགས། ཇི་ལྟར་ཡིན། གྷ ཌྷ ཱི ཱུ
Сайн байна уу? Улаанбаатар хот. ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ
ሰላም እንዴት ነህ? አዲስ አበባ የኢትዮጵያ ዋና ከተማ ናት።
今天天气很好，我们去公园散步吧！你好，世界。中国人民银行（北京）
繁體中文：臺灣的天氣真好，我們一起去看電影。「你好嗎？」
今日は良い天気ですね。東京タワーへ行きましょう！ガギグゲゴ、ぱぴぷぺぽ、ﾊﾝｶｸ ｶﾞ
오늘은 날씨가 정말 좋습니다. 서울에서 부산까지 기차로 갑시다! ㅋㅋㅋ 각갂갃
ᄀᆞᆼ 훈민정음 나랏말ᄊᆞ미 中國에 달아
Ka kite anō i a koe, e hoa mā. Māori, Hawaiʻi, ʻokina.
Ẹ kú àárọ̀, báwo ni? Ọjọ́ dára. Ṣé àlàáfíà ni?
Habari yako, rafiki? Karibu sana Nairobi.
Kwa ŋa ɔ ɛ ɖ ƒ ɣ: Eʋegbe; ǃXóõ, ǂʼAmkoe, ǁ.
/ˈhæləʊ ˈwɜːld/, [ˈʃtʁaːsə], ʔaħmad, t͡ʃ d͡ʒ ɹ̩
Prices: €5, £4.50, ¥600, ₹350, ₩9,000, ₿0.01; 50 ¢; 1½ cups, ¾, ⅔, 10⁻³ m², №5, ℃, Å, Ω.
∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β ≡ ¬(¬α ∨ β), ∑∏∫√∞≈≠≤≥ ℵ₀ 𝔸𝒷𝕔 𝐁𝐨𝐥𝐝 ﷽ ㎏ ㍿ ① ⓐ Ⅻ ﬀ ﬁ ﬄ ŉ ǆ
Family: 👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🇩🇪🇫🇷 ❤️‍🔥 1️⃣ #️⃣ ☺︎ ☺️ 🤷🏻‍♀️ 🫠 🧑‍💻!
""".splitlines()

HARD = [
    "", " ", "   ", "\t\n\r", "\x00", "\x00a\x00b\x00", "\ufffd", "a\ufffdb", "\ufffd\ufffd\ufffd x", "\ufeffbyte order", "a\u200bb", "a\u200db",
    "a\u200c\u200d\u2060b", "soft\u00adhyphen", "no\u00a0break", "\u3000wide\u3000space\u3000", "thin\u2009hair\u200aspace", "line\u2028par\u2029x",
    "next\u0085line", "ogham\u1680space", "mong\u180evowel", "narrow\u202fx\u205fy", "\v\f\x1c\x1d\x1e\x1f", "a\x7fb\x80c\x9fd", "tab\tnew\nline\r\nend",
    "[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[mask]", "[ MASK ]", "[MASK", "MASK]", "[[MASK]]", "[MASK][MASK]", "a[MASK]b", "The [MASK] sat.",
    "[CLS] hello [SEP] world [SEP]", "x[SEP]\u0301y", "[SEP]\u0301", "e[MASK]\u0301", "[MAS\u200bK]", "[unused0]", "[unused1] [UNUSED1]", "[S\u00c9P]",
    "\u0301", "\u0301abc", "e\u0301", "e\u0301\u0327", "e\u0327\u0301", "\u00e9\u0327", "\u0344", "a\u0344\u0327b", "\u0f71\u0f73\u0f75", "o\u0302\u0323",
    "\u1ec7", "\u1e69 s\u0323\u0307 s\u0307\u0323", "\u212b \u00c5 A\u030a", "\u2126 \u03a9", "\u1fee \u0385", "\uac00 \u1100\u1161 \u1100\u1161\u11a8",
    "\ud55c\uae00\u302e \u302f", "\ud55c\u302e\u0301\ud55c", "a\u302e\u302a\u302f\u0334b", "\U0001d15e \U0001d165 \U0001d16d\U0001d165\U0001d16e", "\u06540\u0655",
    "x\u0338= \u2260", "\u0130stanbul I\u0307 i\u0307", "\u0130\u0130", "\u1e9e \u00df", "\u03a3\u03a3 \u03c3\u03c2", "\u023a\u023e \u2c65\u2c66", "\ua64a\u1c88",
    "\U00010400\U00010428", "\U0001e900\U0001e922", "\u10a0\u2d00 \u1c90\u10d0 \u13a0\uab70", "\u01c4\u01c5\u01c6", "\u1e00\u1e01", "\ufb01\ufb02 \ufb1d\ufb2a",
    "\u4e2d\u6587", "a\u4e2db", "\u4e2d\u0301", "\uf900\ufa0e\U0002f800", "\u3400\u4dbf\u4dc0", "\U00020000\U0002a6d6\U0002b820\U00030000", "\u3005\u3007\u303b",
    "\u30ab\u3099 \u30ac", "\uff21\uff22\uff43\uff01", "\u2460\u24b6", "\u061d\u07fd\u0890", "\u061c\u200e\u202a\u2066", "\ue000\U000f0000\U0010ffff\ufdd0\uffff",
    "don't can't won't", "''' \"\"\" ```", "a.b.c...d", "!?!?", "$+<=>^`|~", "\u00a1\u00a7\u00b6\u00b7\u00bf\u00ab\u00bb\u2018\u2019\u201c\u201d\u2026\u2014",
    "a_b_c snake_case __init__", "x=1;y=2", "C++ C# .NET", "\\n \\u0041", "<html>&amp;</html>", "{\"a\": [1, 2]}", "\u20ac\u00a3\u00a5",
    "a" * 100, "a" * 101, "a" * 99 + " b", "a" * 100 + "\u0301" * 50, "\u00e9" * 100, "\u00e9" * 101, "\uac00" * 34, "\uac00" * 51, "x" * 300 + " y",
    "supercalifragilisticexpialidocious" * 3, "antidisestablishmentarianism", "##ing", "## ing", "#", "##", "un##able", "\U0001f600" * 3, "\U0001f468\u200d\U0001f469",
    "1" * 50, "123456789", "3.14159", "\u0661\u0662\u0663", "\u216b", " leading", "trailing ", "  two  spaces  ", "a\n\n\nb", "\u200b", "\u00ad", "\u00a0",
    "x<a>  <a> y", "<a> <a><a>", "\u00a0<a>\u3000\u2028x", "<b>", "a<b>", "<b>a", "<b>_", "<b>\u0301", "<b><b> <b>", ".<b>.", "\u200d<b>", "\u4e2d<b>", "xy", "xy_ xyz xy.xy",
    "XY X\u00ddx", "  zz  zz ", "a zz\u00a0<a>", "gr\u00fc\u00dfe GRU\u0308\u00dfE", "  Gr\u00fc\u00dfe  Gr\u00fc\u00dfe", "\u4e2d\u6587\u4e2d \u6587", "\ud55c\uad6d  \ud55c\uad6d\uc5b4", "The the. then THE",
    "[MASKED] [MASKED", "th\u0301e t\u200bhe", "xy" * 30, "the " * 30, "a" * 20, "a" * 21,
    "The quick brown fox. " * 40, "\u4e2d\u6587\u5b57" * 60,
]

BAD_BYTES = [
    "80", "ff", "c3", "c328", "61ff62", "e282", "e28261", "e2ac", "f09f98", "f09f9861", "f0808080", "c080", "e08080", "eda080", "edb080", "eda080edb080", "f4908080",
    "f5808080", "fc80808080", "fe", "c3c3a9", "e9", "636166e9", "68656c6c6f20ff20776f726c64", "f09f98805b4d41534b5dff", "ef bf bd", "ef bf", "e2 80", "e2 80 e2 80 8d",
    "61 80 80 80 62", "c2", "c2 c2 a0", "f0 9f f0 9f 98 80", "5b 4d 41 53 4b ff 5d", "e4 b8 ad e4 b8", "cc 81 cc", "65 cc 81 ff cc 81",
]

# Code points by neighbourhood, so that random texts hold what belongs together.
BLOCKS = [
    (0x20, 0x7E), (0x20, 0x7E), (0x20, 0x7E), (0x20, 0x7E), (0x00, 0x1F), (0x7F, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
    (0x590, 0x6FF), (0x700, 0x8FF), (0x900, 0xDFF), (0xE00, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x1DFF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x20D0, 0x20FF),
    (0x2E00, 0x303F), (0x302A, 0x302F), (0x3040, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFB00, 0xFFFF),
    (0x10000, 0x1FFFF), (0x1D100, 0x1D1FF), (0x1F000, 0x1FAFF), (0x20000, 0x2FFFF), (0xE0000, 0xE01FF), (0x0, 0x10FFFF),
]

SNIPPETS = [
    "[MASK]", "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[mask]", "[MASK", "\u200d", "\u200b", "\ufeff", "\ufffd", "\u00ad", " ", "  ", "\u00a0", "\u3000", "\u2028", "\u0085", "\t", "\n",
    "\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "\u0130", "\u00df", "\ufb01", "\u212b", "\ud55c\uad6d", "\u4e2d\u6587", "\u302e", "\u302f", "\U0001d165",
    "\u0344", "\u0f73", "<a>", "<b>", "xy", " zz", "Gr\u00fc\u00dfe", "THE", "[MASKED",
]

FLAGS = {
    "uncased": {}, "cased": {"lowercase": False}, "cased-strip": {"lowercase": False, "strip_accents": True}, "accents": {"strip_accents": False},
    "unclean": {"clean_text": False}, "unclean-cased": {"clean_text": False, "lowercase": False, "handle_chinese_chars": False},
    "joined": {"handle_chinese_chars": False},
}


def added(content, **flags):
    return {"id": 99, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False} | flags


def variants(vocab):
    """tokenizer.json files by name, the vocabulary left out."""
    special = [added(t, id=vocab[t], special=True) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    base = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [],
            "special_tokens": {t: {"id": t, "ids": [vocab[t]], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
    }
    out = {}
    for name, flags in FLAGS.items():
        out[name] = copy.deepcopy(base)
        out[name]["normalizer"] |= flags
    out["no-normalizer"] = base | {"normalizer": None, "post_processor": None}
    more = special + [
        added("<a>", lstrip=True, rstrip=True), added("<b>", single_word=True), added("xy", single_word=True, normalized=True), added(" zz", rstrip=True),
        added("Gr\u00fc\u00dfe", normalized=True, lstrip=True), added("\u4e2d\u6587", normalized=True), added("\ud55c\uad6d", normalized=True, rstrip=True),
        added("the", normalized=True, single_word=True), added("[MASKED"),
    ]
    out["added"] = copy.deepcopy(base | {"added_tokens": more})
    out["added"]["model"]["max_input_chars_per_word"] = 20
    out["added-unclean"] = copy.deepcopy(out["added"])
    out["added-unclean"]["normalizer"]["clean_text"] = False
    out["added-unclean"]["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", vocab["[SEP]"]], "cls": ["[CLS]", vocab["[CLS]"]]}
    return out


def random_texts(rng, vocab, count):
    words = [w.removeprefix("##") for w in vocab if not w.startswith("[")]
    marks = [chr(c) for c in CODE_POINTS if unicodedata.combining(chr(c))]

    def character():
        while True:
            c = rng.randint(*rng.choice(BLOCKS))
            if not 0xD800 <= c < 0xE000:
                return chr(c)

    def part():
        kind = rng.random()
        if kind < 0.35:
            return character()
        if kind < 0.5:
            return rng.choice(marks)
        if kind < 0.65:
            return rng.choice(SNIPPETS)
        if kind < 0.98:
            return rng.choice(words) + rng.choice(["", " ", " ", rng.choice(marks), rng.choice(words)])
        return rng.choice("abc\u00e9\ud55c") * rng.randint(2, 110)

    return ["".join(part() for _ in range(1 + int(rng.expovariate(1 / 7)))) for _ in range(count)]


def everyday_texts(rng):
    """The sentences, and as many again in odd casings, forms and company."""
    out = list(EVERYDAY)
    for text in EVERYDAY:
        out += [text.upper(), text.title(), unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)]
        words = text.split()
        out.append(" ".join(rng.sample(words, len(words))))
        out.append(text[: rng.randint(1, len(text))] + " " + rng.choice(EVERYDAY)[:40])
    return out


def load(files, vocab, name):
    full = copy.deepcopy(files[name])
    full["model"]["vocab"] = vocab
    return Tokenizer.from_str(json.dumps(full))


def record(tok, text):
    """ids; tokens, or 0 where each is the one that its id stands for; for each token how far it begins after the end
    of the one before, and its length."""
    e = tok.encode(text)
    added = tok.get_added_tokens_decoder()
    named = e.tokens == [added[i].content if i in added else tok.id_to_token(i) for i in e.ids]
    steps, at = [], 0
    for lo, hi in e.offsets:
        steps += [lo - at, hi - lo]
        at = hi
    return [e.ids, 0 if named else e.tokens, steps]


def digests(answer, size=2048):
    """What is answered for each code point, a hash for each block of them."""
    out = []
    for lo in range(0, 0x110000, size):
        h = hashlib.sha256()
        for c in range(lo, lo + size):
            if not 0xD800 <= c < 0xE000:
                h.update(answer(chr(c)).encode() + b"\n")
        out.append(h.hexdigest()[:12])
    return out


def code_points(tok):
    """The normaliser with each set of flags, the splitter, and both together with neighbours that may move."""
    out = {}
    for name, flags in FLAGS.items():
        given = dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True) | flags
        out[f"normalize {name}"] = digests(normalizers.BertNormalizer(**given).normalize_str)
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    out["split"] = digests(lambda c: " ".join(f"{w}:{lo}:{hi}" for w, (lo, hi) in split(f"a{c}b")))

    def encode(c):
        e = tok.encode(f"x\u0323{c}\u0301 {c}y")
        return " ".join(f"{i}:{lo}:{hi}" for i, (lo, hi) in zip(e.ids, e.offsets))

    out["encode"] = digests(encode)
    return out


def save(path, value):
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{path}: {path.stat().st_size} bytes")


def write(folder, vocab_file):
    folder.mkdir(exist_ok=True)
    raw = vocab_file.read_bytes()
    (folder / "vocab.txt.gz").write_bytes(gzip.compress(raw, 9, mtime=0))
    vocab = {line: i for i, line in enumerate(raw.decode().splitlines())}
    files, rng = variants(vocab), random.Random(20)
    texts = list(dict.fromkeys(everyday_texts(rng) + HARD + random_texts(rng, vocab, 4700)))
    bad = [bytes.fromhex(b) for b in BAD_BYTES] + [rng.randbytes(rng.randint(1, 12)) for _ in range(200)]
    few = texts[: len(EVERYDAY)] + HARD + random_texts(rng, vocab, 250)
    uncased = load(files, vocab, "uncased")
    save(folder / "variants.json.gz", files)
    save(folder / "uncased.json.gz", {"texts": texts, "encodings": [record(uncased, t) for t in texts]})
    others = {}
    for name in files:
        if name != "uncased":
            tok = load(files, vocab, name)
            others[name] = [record(tok, t) for t in few]
    save(folder / "others.json.gz", {"texts": few, "encodings": others})
    save(folder / "bytes.json.gz", {"bytes": [b.hex() for b in bad], "encodings": [record(uncased, b.decode("utf-8", "replace")) for b in bad]})
    save(folder / "codepoints.json.gz", code_points(uncased))
    cut = {}
    for n in (2, 3, 7, 16):
        uncased.enable_truncation(n)
        cut[n] = [record(uncased, t) for t in few[:200]]
    save(folder / "truncated.json.gz", {"texts": few[:200], "encodings": cut})
    print(f"{len(texts)} texts by tokenizers {tokenizers.__version__}")
