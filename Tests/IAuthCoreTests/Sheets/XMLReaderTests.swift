// The pull reader: what workbooks write is read, everything else of XML is refused.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// The events of a document, one word each.
private func events(_ text: String) throws(IAuthError) -> [String] {
  var xml = XMLReader(ZipPart(name: "part", plain: Array(text.utf8)))
  var events: [String] = []
  while let event = try xml.next() {
    switch event {
    case .start(let name, let attributes):
      events.append(([name] + attributes.map { "\($0.name)=\($0.value)" }).joined(separator: " "))
    case .end(let name): events.append("/" + name)
    case .text(let text): events.append("'\(text)'")
    }
  }
  return events
}

@Suite struct XMLReaderTests {
  @Test(arguments: [
    ("<a/>", ["a", "/a"]),
    ("\u{FEFF}<?xml version=\"1.0\"?>\n<a></a>\n", ["a", "/a"]),
    ("<x:a x:b='1' c = \"2\" ><b />t</x:a>", ["x:a x:b=1 c=2", "b", "/b", "'t'", "/x:a"]),
    ("<a>x\r\ny\rz&#13;\n</a>", ["a", "'x\ny\nz\r\n'", "/a"]),
    ("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#10;</a>", ["a", "'<>&\"'A😀\n'", "/a"]),
    ("<a b=\"&lt;'\"/>", ["a b=<'", "/a"]),
    ("<a><![CDATA[<b>&amp;]]]></a>", ["a", "'<b>&amp;]'", "/a"]),
    ("<!-- - ---><a><!--<b>--><?p ?x?></a>", ["a", "/a"]),
    ("<機關 名=\"稱\">值</機關>", ["機關 名=稱", "'值'", "/機關"]),
  ])
  func readsWhatWorkbooksWrite(text: String, expected: [String]) throws {
    #expect(try events(text) == expected)
  }

  @Test(arguments: [
    "", " ", "a", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a/>x", "<a b/>", "<a b=c/>", "<a b=\"/>",
    "<a b=\"<\"/>", "<a b=\"1\"c=\"2\"/>", "<a", "<a b", "<a/", "<a/ >", "< a/>", "<>",
    "<a>&b;</a>",
    "<a>&amp</a>", "<a>& b</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>",
    "<a>&#+65;</a>",
    "<a>&#;</a>", "<a>&#x;</a>", "<a>\u{1}</a>", "<a>\0</a>", "<a>&#1;</a>", "<!DOCTYPE a><a/>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><!ENTITY b \"c\"></a>", "<![CDATA[x]]><a/>",
    "<a><![CDATA[x", "<!-- x", "<?x", "<a:/>", "<a><![cdata[x]]></a>",
    "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><a/>",
  ])
  func refusesEverythingElse(text: String) {
    #expect(throws: IAuthError.damaged("part")) { try events(text) }
  }

  @Test func depthAndLengthHaveBounds() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(try events(nested(64)).count == 128)
    for text in [
      nested(65), String(repeating: "<a>", count: 100_000),
      "<a>" + String(repeating: "x", count: Limits.xmlTextBytes + 1) + "</a>",
      "<a><![CDATA[" + String(repeating: "x", count: Limits.xmlTextBytes + 1) + "]]></a>",
      "<" + String(repeating: "x", count: Limits.xmlNameBytes + 1) + "/>",
      "<a" + (0...Limits.xmlAttributes).map { " a\($0)='1'" }.joined() + "/>",
    ] {
      #expect(throws: IAuthError.damaged("part")) { try events(text) }
    }
  }

  @Test(
    arguments: [[0x3C, 0x61, 0x3E, 0xFF], [0x3C, 0xC3, 0x2F, 0x3E], [0xFF, 0xFE, 0x3C, 0]]
      as [[UInt8]])
  func badUTF8IsRefused(bytes: [UInt8]) {
    var xml = XMLReader(ZipPart(name: "part", plain: bytes))
    #expect(throws: IAuthError.damaged("part")) { while try xml.next() != nil {} }
  }

  /// Names of ours come without their prefix, whichever it is; names of others keep it.
  @Test(arguments: [
    ("<a xmlns='MAIN'><b/></a>", ["a", "b", "/b", "/a"]),
    ("<x:a xmlns:x='MAIN' x:c='1'><x:b/></x:a>", ["a c=1", "b", "/b", "/a"]),
    ("<x:a x:c='1' xmlns:x='MAIN'/>", ["a c=1", "/a"]),
    ("<a xmlns='MAIN' xmlns:y='other'><y:b y:c='1'/></a>", ["a", "y:b y:c=1", "/y:b", "/a"]),
    ("<a><b xmlns='other'><c/></b><c/></a>", ["a", ":b", ":c", "/:c", "/:b", "c", "/c", "/a"]),
    (
      "<x:a xmlns:x='MAIN'><x:b xmlns:x='other'/><x:b/></x:a>",
      ["a", "x:b", "/x:b", "b", "/b", "/a"]
    ),
  ])
  func namespacesAreLookedAt(text: String, expected: [String]) throws {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    let document = text.split(separator: "MAIN", omittingEmptySubsequences: false)
    #expect(try events(document.joined(separator: main)) == expected)
  }

  @Test(arguments: [false, true])
  func utf16IsRead(isBigEndian: Bool) throws {
    let text = "<?xml version='1.0' encoding='UTF-16'?><甲 乙='𠀀'>丙</甲>"
    for mark in ["", "\u{FEFF}"] {
      let bytes = (mark + text).utf16.flatMap { unit -> [UInt8] in
        let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
        return isBigEndian ? [high, low] : [low, high]
      }
      var xml = XMLReader(ZipPart(name: "part", plain: bytes))
      guard case .start("甲", let attributes) = try xml.next() else {
        Issue.record("no element")
        return
      }
      #expect(attributes["乙"] == "𠀀")
      #expect(try xml.elementText() == "丙")
      #expect(try xml.next() == nil)
    }
  }
}
