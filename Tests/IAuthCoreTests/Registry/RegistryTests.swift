// The registry on its real files: the one that ships, and an excerpt of the official file of 2019
// with all its kinds of dirt and rows that the derivation of superiors turns on.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// The bytes of a file beside the tests, or of one named from the root of the package.
private func bytes(_ path: String, from file: String = #filePath) throws -> [UInt8] {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
  return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
}

private let shipped = "../../../Sources/CRegistry/agencies.csv"
private let excerpt = "../../Fixtures/registry/official-2019-excerpt.csv"

@Suite struct RegistryFileTests {
  @Test func theShippedFileLoadsWhole() throws {
    let file = try RegistryFile(bytes(shipped))
    #expect(file.rejected.isEmpty)
    #expect(file.entries.count == 8_660)
    #expect(file.entries.count { $0.status == .active } == 8_262)
    #expect(file.entries.count { $0.superior == nil } == 9)
    #expect(file.entries.count { $0.isDerived } == 4_290)
    let authority = file.entries.first { $0.code.text == "2.16.886.101.20003.20077" }
    #expect(authority?.path == "ou=資通安全處,o=行政院,c=TW")
    #expect(file.entries.map(\.name.unicodeScalars.count).max() == 31)
  }

  @Test func theOfficialFilesDirtIsFolded() throws {
    let clean = try RegistryFile(bytes(shipped)).entries
    let byCode = Dictionary(uniqueKeysWithValues: clean.map { ($0.code, $0) })
    let file = try RegistryFile(bytes(excerpt))
    #expect(file.rejected.isEmpty)
    #expect(file.entries.count == 85)
    for entry in file.entries {
      let known = try #require(byCode[entry.code])
      #expect(entry.name == known.name)
      #expect(entry.path == known.path)
      #expect(entry.phone == known.phone)
      #expect(entry.address == known.address)
      #expect(entry.superior == nil && !entry.isDerived && entry.status == .active)
    }
  }

  @Test func todaysFormIsTheSame() throws {
    let file = try RegistryFile(
      Array(
        """
        OrgName,OID,TEL,Address,DN,OrgCode\r
        "行政院","2.16.886.101.\t20003","02-33566500","台北市\r
        1號","o=行政院,c=TW","A00000000A"\r
        """.utf8))
    let entry = try #require(file.entries.first)
    #expect(entry.code.text == "2.16.886.101.20003")
    #expect(entry.address == "台北市 1號")
    #expect(entry.path == "o=行政院,c=TW")
    #expect(entry.phone == "02-33566500")
  }

  @Test func badRowsAreNamedAndTheOthersLoad() throws {
    let file = try RegistryFile(
      Array(
        """
        oid,name,superior_oid,superior_source,status
        2.16.886.101.1,甲,,none,active
        2.16.886.1,乙,,,
        2.16.886.101.2,\u{3000},,,
        12345675,丙,,,

        2.16.886.101.3,丁,x,,
        2.16.886.101.3,丁,2.16.886.101.3,,
        2.16.886.101.3,丁,12345675,,
        2.16.886.101.4,戊,,,gone
        2.16.886.101. 1,己,,,
        2.16.886.101.5,庚,2.16.886.101.1,oid-ancestor,removed
        """.utf8))
    #expect(file.entries.map(\.name) == ["甲", "庚"])
    #expect(file.entries.last?.superior?.text == "2.16.886.101.1")
    #expect(file.entries.last?.isDerived == true)
    #expect(file.entries.last?.status == .removed)
    let expected: [(Int, RegistryRejection.Reason)] = [
      (3, .code), (4, .name), (5, .code), (7, .superior), (8, .superior), (9, .superior),
      (10, .status), (11, .duplicate(of: 2)),
    ]
    #expect(file.listed == Set((1...5).map { "2.16.886.101.\($0)" }))
    #expect(file.rejected == expected.map { RegistryRejection(row: $0.0, reason: $0.1) })
  }

  @Test(arguments: [
    ("", IAuthError.sheetEmpty), ("OID,機關名稱\n", .sheetEmpty), ("OID,機關名稱\n\n,\n", .sheetEmpty),
    ("電話,地址\n1,2\n", .sheetHeader(missing: ["OID", "機關名稱"], duplicated: [])),
    ("OID,name,OrgName\n", .sheetHeader(missing: [], duplicated: ["OrgName"])),
    ("OID,name\n\"1", .sheetUnreadable(.badQuote(row: 2))),
  ])
  func whatIsNoRegistryIsRefused(text: String, error: IAuthError) {
    #expect(throws: error) { try RegistryFile(Array(text.utf8)) }
  }
}

@Suite struct SuperiorsTests {
  @Test func derivationAgreesWithEveryDerivedRowOfTheShippedFile() throws {
    let entries = try RegistryFile(bytes(shipped)).entries
    let superiors = Superiors(of: entries.lazy.map(\.code))
    var derived = 0
    for entry in entries where entry.isDerived || entry.superior == nil {
      #expect(superiors.superior(of: entry.code) == entry.superior, "\(entry.code.text)")
      derived += 1
    }
    #expect(derived == 4_299)
  }

  @Test(
    arguments: [
      ("2.16.886.101.20003.5", "2.16.886.101.20003"),
      ("2.16.886.101.20003.7.9.1", "2.16.886.101.20003"),
      ("2.16.886.101.200", nil),
      ("2.16.886.101.90025.20001", "2.16.886.101.90025.20002"),
      ("2.16.886.101.90025.20002", "2.16.886.101.20003"),
      ("2.16.886.101.90025.20003.1", "2.16.886.101.90025.20002"),
      ("2.16.886.101.90025.90001.20001", "2.16.886.101.90025.90001.20002"),
      ("2.16.886.101.90025.90001.20002", "2.16.886.101.90025.20002"),
      ("2.16.886.101.90025.90002.20001", "2.16.886.101.90025.20002"),
      ("2.16.886.101.90026.20001", "2.16.886.101.20003"),
      ("2.16.886.101.20003", nil), ("04595257", nil),
    ] as [(String, String?)])
  func superiorOfACode(text: String, superior: String?) throws {
    let listed = [
      "2.16.886.101.20003", "2.16.886.101.20", "2.16.886.101.90025.20002",
      "2.16.886.101.90025.90001.20002", "12345675",
    ]
    let superiors = Superiors(of: listed.compactMap { AgencyCode($0) })
    #expect(superiors.superior(of: try #require(AgencyCode(text)))?.text == superior)
  }
}
