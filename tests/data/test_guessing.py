"""Tables that are not UTF-8 are read as they were written, or refused."""

from collections import Counter
from pathlib import Path

import pytest

from aleator.data.readers.guessing import likeliest_encoding
from aleator.errors import DataError

SPOKEN = {
    "Japanese": (
        "この商品はとても良いです。|配達が遅かったので残念でした|映画は面白かった|店員さんの対応が悪い|また買いたいと思います",
        "喜び|悲しみ|怒り",
        "cp932 euc_jp",
    ),
    "Chinese": (
        "这个产品非常好用|快递太慢了很失望|电影很精彩值得一看|服务态度差再也不来|下次还会购买",
        "高兴|悲伤|愤怒",
        "gb18030",
    ),
    "Taiwanese": (
        "這個產品非常好用|快遞太慢了很失望|電影很精彩值得一看|服務態度差再也不來|下次還會購買",
        "高興|悲傷|憤怒",
        "big5",
    ),
    "Korean": (
        "이 제품은 정말 좋아요|배송이 너무 늦어서 실망했습니다|"
        "영화가 재미있었다|직원 서비스가 나빠요|다시 구매하고 싶습니다",
        "기쁨|슬픔|분노",
        "cp949",
    ),
    "Russian": (
        "Очень хороший товар|Доставка была медленной, я разочарован|"
        "Фильм понравился всем|Ужасное обслуживание в магазине|Куплю ещё раз",
        "радость|грусть|гнев",
        "cp1251 koi8_r cp866",
    ),
    "Ukrainian": (
        "Дуже гарний товар|Доставка була повільною|Фільм сподобався всім|Жахливе обслуговування|Куплю ще раз",
        "радість|смуток|гнів",
        "cp1251",
    ),
    "Greek": (
        "Πολύ καλό προϊόν|Η παράδοση άργησε πολύ|Η ταινία μου άρεσε|Κακή εξυπηρέτηση|Θα το ξαναγοράσω",
        "χαρά|λύπη|θυμός",
        "cp1253",
    ),
    "Hebrew": (
        "מוצר טוב מאוד|המשלוח היה איטי|הסרט היה מצוין|שירות גרוע|אקנה שוב",
        "שמחה|עצב|כעס",
        "cp1255",
    ),
    "Arabic": (
        "المنتج جيد جدا|التوصيل كان بطيئا|الفيلم رائع|خدمة سيئة|سأشتري مرة أخرى",
        "فرح|حزن|غضب",
        "cp1256",
    ),
    "Thai": (
        "สินค้าดีมาก|จัดส่งช้ามาก|หนังสนุกดี|บริการแย่|จะซื้ออีก",
        "ดีใจ|เสียใจ|โกรธ",
        "cp874",
    ),
    "Turkish": (
        "Ürün çok güzel|Kargo çok yavaş geldi|Film harikaydı, beğendim|Hizmet kötü|Tekrar alacağım",
        "mutluluk|üzüntü|öfke şaşkınlık",
        "cp1254",
    ),
    "Polish": (
        "Produkt jest bardzo dobry, świetny|Dostawa była zbyt późno|"
        "Film podobał mi się|Zła obsługa w sklepie|Kupię ponownie",
        "radość|złość|smutek",
        "cp1250 iso8859_2",
    ),
    "Czech": (
        "Výrobek je velmi dobrý|Doručení bylo příliš pomalé|Film se mi líbil|Špatná obsluha|Koupím znovu",
        "radost|smutek|překvapení",
        "cp1250",
    ),
    "Hungarian": (
        "Nagyon jó termék|A szállítás túl lassú volt|A film tetszett, gyönyörű|Rossz kiszolgálás|Újra megveszem őket",
        "öröm|düh|meglepődés",
        "cp1250",
    ),
    "German": (
        "Das Gerät ist sehr schön|Lieferung leider verspätet, ärgerlich|"
        "Der Film war großartig|Schlechte Bedienung, nie wieder für uns|Würde ich wieder kaufen",
        "Freude|Ärger|Überraschung",
        "cp1252 mac_roman",
    ),
    "French": (
        "Très bon produit, été comme hiver|Livraison trop lente, déçu|"
        "Le film était génial|Mauvais service à éviter|J'achèterai à nouveau",
        "joie|colère|dégoût",
        "cp1252 cp850 mac_roman",
    ),
    "Spanish": (
        "Muy buen producto, lo usé mañana|El envío fue lento|"
        "La película me gustó|Pésimo servicio, qué malo|Compraré otra vez",
        "alegría|enojo|sorpresa niño",
        "cp1252",
    ),
    "Swedish": (
        "Mycket bra på alla sätt|Långsam leverans|Filmen var väldigt rolig|Dålig service|Köper gärna igen",
        "glädje|ilska|förvåning",
        "cp1252",
    ),
    "Portuguese": (
        "Produto muito bom, não há igual|Entrega demorada, decepção|"
        "O filme é ótimo|Péssimo atendimento|Comprarei outra vez",
        "alegria|raiva não|surpresa é",
        "cp1252",
    ),
}
"""Five reviews, three names of classes, and the encodings that the language comes in."""


def table(language: str, kind: str) -> str:
    texts, names, _ = (part.split("|") for part in SPOKEN[language])
    if kind == "names of classes":
        return "path,label\n" + "".join(f"p/{row}.png,{names[row % 3]}\n" for row in range(20))
    reviews = texts * 4 if kind == "texts" else ["plain text"] * 19 + texts[:1]
    return "text,label\n" + "".join(f"{text} {row},{'ab'[row % 2]}\n" for row, text in enumerate(reviews))


def as_read(text: str, encoding: str) -> str:
    content = text.encode(encoding)
    try:
        return "right" if content.decode(likeliest_encoding(content, Path("t.csv"))) == text else "misread"
    except DataError as error:
        return "refused" if "may be in several encodings" in str(error) else str(error)


@pytest.mark.parametrize(
    ("kind", "fewest_right", "most_misread"), [("texts", 26, 0), ("names of classes", 20, 1), ("a single text", 25, 1)]
)
def test_the_letters_tell_the_encoding_or_nothing_is_claimed(kind: str, fewest_right: int, most_misread: int) -> None:
    told: Counter[str] = Counter()
    for language, (_, _, encodings) in SPOKEN.items():
        told.update(as_read(table(language, kind), encoding) for encoding in encodings.split())
    assert told["right"] >= fewest_right
    assert told["misread"] <= most_misread
    assert told["right"] + told["misread"] + told["refused"] == told.total() == 26
