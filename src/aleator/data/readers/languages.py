"""How probable texts are in the languages of the world, by their letters: what tells encodings apart."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from math import exp, log2

LATIN = {
    "de": "üäößé", "fr": "éèàêçôîùûâëïœæÿ", "es": "óáíéñúü", "pt": "ãçáéíóêõâàúôü", "it": "àèòùìé",
    "nordic": "åäöøæé", "nl": "ëïéèöü", "is": "íáðéóöþúæý", "pl": "ąęółżśćńź", "cs": "íáéěýčřžšůúťňďó",
    "sk": "áíéýčžšúľťôňäďóĺŕ", "hu": "áéőöíóüúű", "hr": "čžšćđ", "ro": "ăîâşţșț", "tr": "ışğüçöâîû",
    "lt": "ėšųąžūčęį", "lv": "āīēūšžļņčķģ", "et": "äõüöšž",
}  # fmt: skip
"""Letters beside the English ones, the most frequent first."""
ALPHABETS = {
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинвіетрсклудмпьязбгйчхжцюшєїщфґ",
    "sr": "аоиенрсјткудвмплзгбчшцжљњћхђфџ", "el": "αοιετνσυρηπκλμςίόωάέγδήθχφβύώξζψϊϋΐΰ",
    "he": "יוהלארתבמשנכעםדחקפזגטצסןךףץ", "ar": "اليمنرتبوةعدسفهكقحجأشطصإخزذثضغىئآظءؤپچژگ",
    "th": "านรอก่เง้มยลิวดีทสตัะปบคหุแจพชขใไ็โืูผถึซศณฟ์ภธฐษญฮฉำฎฆฌฏๆ",
}  # fmt: skip
"""All letters, the most frequent first."""
CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此"
    "已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代"
    "内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安"
    "少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光"
    "放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "评价快乐悲伤愤怒惊讶恐惧厌恶异猫狗鸟鱼牛羊鸡花草树车船飞男红黄蓝绿黑差喜爱买卖影片质谢吃喝玩"
)
TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事"
    "成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此"
    "已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代"
    "內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安"
    "少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光"
    "放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運"
    "評價快樂悲傷憤怒驚訝恐懼厭惡異貓狗鳥魚牛羊雞花草樹車船飛男紅黃藍綠黑差喜愛買賣影片質謝吃喝玩"
)
JAPANESE = (
    "のいしとるたにてをはかなんでがすれっらまりこくうもあきさよだつえけそみわせどおめひほちじゃやねろょばむずぶふべびぼぐげごぎ"
    "へぬゆぜぞぱぽゅンースルトリアイクシラレロドコカタマテサメジュフデオキナプグニツダバムセノッウチハミブピエソモヘパポワゴザ"
    "ホガネヤョボベビケヒゼギヌユゾゲペャァィェォヴ日人年大国一本中出会上行長生分後事見者時間気手物前合場自今思言話作方部社家"
    "語学高子入来体同発動内何女関小明食目心新代実感度地電理名金用意力回外持下通最車書全校取立少数市多口道安対主世開強教使成"
    "定先問題良悪犬猫鳥魚花男好評映画面白店品質買配送助天番備考"
)
KOREAN = (
    "이다는에의가을고하지를은로도기한어사리시자대일인정해아나서스부그게들전보수상과주구라여장으만성요제오면공원없용동안경우세있"
    "습니것했비생신마소조영화선학중년모든국위내문치관개와같물유드말때체양실무저불미방단까간분번음식려난급연진본점발회달거적결심"
    "각후터현확명행데바업직당금계반트산교래파입재노건강차약월울출목복특크호임별좋좀최네았었겠잘못돈집더두며할될된합품질배송긍매"
)
EAST = {"zh": CHINESE, "zh-Hant": TRADITIONAL, "ja": JAPANESE, "ko": KOREAN}
"""Signs that are frequent, roughly in that order."""
OTHER_SIGN = {
    "zh": r"[\u4e00-\u9fff]",
    "zh-Hant": r"[\u4e00-\u9fff]",
    "ja": r"[\u4e00-\u9fff]",
    "ko": r"[\uac00-\ud7a3]",
}
SIGNS = "“”‘’‚„–—…«»‹›°€£§©®™·•×÷µ²³¹½¼¾±№¿¡ºª\xa0†¥¢´"
EASTERN_SIGNS = "、。「」『』，！？：；（）・〜～…　《》“”‘’—％"
CLOSING, OPENING = "”’»›…™²³¹º", "«‹„‚¿¡"
OF_SIGN, OF_STRANGE, OF_RARE, OF_FOREIGN_LETTER = 6.0, 16.0, 17.0, 9.0
OF_COMMON_SIGN = 13.0
"""Bits that a letter or sign costs: of those of text; of others; of an uncommon East Asian sign; of another language
of the same writing; of a sign that is common and in no list."""
OF_ASCII, OF_ACCENT, OF_HALF_WIDTH = 4.5, 3.5, 9.0
"""Of a sign of ASCII beside others, which two bytes may as well be one; more for any letter with an accent."""
OF_CAPITAL, OF_CAPITAL_WITHIN, OF_MIXED, OF_SIGN_WITHIN, OF_TWO_ACCENTS = 1.0, 6.0, 6.0, 14.0, 6.0
"""More bits: of a capital; of one behind a small letter; of a letter beside one of another writing; of a sign between
letters, or at the wrong end of a word; of an accent beside another."""


MANY_ACCENTS, OF_FEW = frozenset(("pl", "cs", "sk", "hr", "tr", "lt", "lv")), 2.0
"""Languages in which an accent is often beside another."""


@dataclass(frozen=True)
class Language:
    """How many bits each letter costs."""

    name: str
    bits: dict[str, float]
    latin: bool = False
    east: bool = False


def languages(names: Collection[str]) -> list[Language]:
    """The languages of these names."""
    return [one for one in _all() if one.name in names]


@cache
def _all() -> list[Language]:
    found = [Language(name, _decaying(letters), latin=True) for name, letters in LATIN.items()]
    found += [Language(name, _decaying(letters)) for name, letters in ALPHABETS.items()]
    return found + [Language(name, _of_zipf(signs), east=True) for name, signs in EAST.items()]


def _decaying(letters: str) -> dict[str, float]:
    shares = [exp(-3.5 * place / len(letters)) for place in range(len(letters))]
    return {letter: -log2(share / sum(shares)) for letter, share in zip(letters, shares, strict=True)}


def _of_zipf(signs: str) -> dict[str, float]:
    shares = {sign: 1 / (place + 10) for place, sign in reversed(list(enumerate(signs)))}
    return {sign: -log2(0.75 * share / sum(shares.values())) for sign, share in shares.items()}


def bits_of(words: Collection[str], language: Language, common: Collection[str]) -> float:
    """How improbable the words are: bits for each sign that is not ASCII. `common` are East Asian signs that are."""
    return sum(_bits_of_word(word, language, common) for word in words)


def _bits_of_word(word: str, language: Language, common: Collection[str]) -> float:
    total = 0.0
    for place, sign in enumerate(word):
        before, after = word[max(place - 1, 0) : place], word[place + 1 : place + 2]
        if sign.isascii():
            total += OF_ASCII + OF_CAPITAL_WITHIN * (sign.isupper() and not before.isascii() and before.islower())
            continue
        if sign.isalpha() and sign not in SIGNS:
            total += _bits_of_letter(sign, before, after, language, common)
        elif language.east and sign in EASTERN_SIGNS:
            total += OF_SIGN
        elif sign in SIGNS:
            total += OF_SIGN
            within = before.isalpha() and after.isalpha() and sign not in "’·"
            misplaced = (not before and after.isalpha() and sign in CLOSING) or (
                not after and before.isalpha() and sign in OPENING
            )
            total += OF_SIGN_WITHIN * (within or misplaced)
        elif re.match(r"[\u0300-\u036f\u0e31-\u0e4e\u0591-\u05c7\u064b-\u0652]", sign):  # above and below letters
            total += language.bits.get(sign, OF_FOREIGN_LETTER)
        else:
            total += OF_STRANGE
    return total


def _bits_of_letter(sign: str, before: str, after: str, language: Language, common: Collection[str]) -> float:
    small = sign.lower()
    if language.east:
        if small in language.bits:
            return language.bits[small]
        written = re.match(OTHER_SIGN[language.name], sign)
        if not written and "\uff61" <= sign <= "\uff9f" and language.name == "ja":
            return OF_HALF_WIDTH
        return (OF_COMMON_SIGN if sign in common else OF_RARE) if written else OF_STRANGE
    if small in language.bits:
        bits = language.bits[small]
    else:
        bits = OF_FOREIGN_LETTER if language.latin and re.match("[\u00c0-\u017f]", sign) else OF_STRANGE
    if language.latin:
        beside = bool(before) and not before.isascii() and before.isalpha()
        bits += OF_ACCENT + (OF_TWO_ACCENTS if language.name not in MANY_ACCENTS else OF_FEW) * beside
    if sign != small:
        bits += OF_CAPITAL_WITHIN if before.islower() else OF_CAPITAL
    mixed = 0 if language.latin else sum(one.isascii() and one.isalpha() for one in (before, after))
    return bits + OF_MIXED * mixed
