// Radicals that stand for characters: text out of a PDF often has 小 as U+2F29, which looks the same
// and is found by no search. In a name the character itself is meant (PRODUCT 3.1).

package enum Radicals {
  /// The text with the radicals of the Kangxi and CJK supplement blocks as the characters that they
  /// are (Unicode 14, EquivalentUnifiedIdeograph.txt).
  package static func folded(_ text: String) -> String {
    guard text.utf8.contains(0xE2), text.unicodeScalars.contains(where: { character($0) != nil })
    else { return text }
    var folded = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { folded.append(character(scalar) ?? scalar) }
    return String(folded)
  }

  private static func character(_ radical: Unicode.Scalar) -> Unicode.Scalar? {
    switch radical.value {
    case 0x2E80...0x2EF3:
      // One of them has no character, and one place is empty.
      let character = supplement[Int(radical.value - 0x2E80)]
      return character == "\u{3000}" ? nil : character
    case 0x2F00...0x2FD5: return kangxi[Int(radical.value - 0x2F00)]
    default: return nil
    }
  }

  /// From U+2E80 on.
  private static let supplement = Array(
    """
    　厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵　旡日月歺母民氵氺灬爫爫丬牛\
    犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑\
    钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟
    """.unicodeScalars)
  /// From U+2F00 on.
  private static let kangxi = Array(
    """
    一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀\
    寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋\
    比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸\
    缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛\
    辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻\
    黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠
    """.unicodeScalars)
}
