// swift-tools-version: 6.2
// No packages: Foundation is not needed either; Glibc and libsqlite3 are all that is linked.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

// What computes byte by byte, or hands memory out, is optimised in debug builds too: the tests take
// half as long.
let quick = settings + [SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
  name: "iauth",
  products: [.executable(name: "iauth", targets: ["iauth"])],
  targets: [
    .systemLibrary(name: "CSQLite"),
    .systemLibrary(name: "CPosix"),
    .systemLibrary(name: "CSHA256"),
    .target(name: "CRegistry", exclude: ["agencies.csv"]),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: quick),
    .target(name: "Values", dependencies: ["CSHA256"], swiftSettings: quick),
    .target(name: "Sheets", dependencies: ["Values"], swiftSettings: quick),
    .target(
      name: "IAuthCore", dependencies: ["SQLite", "CPosix", "CRegistry", "Values", "Sheets"],
      swiftSettings: settings),
    .executableTarget(
      name: "iauth", dependencies: ["IAuthCore", "CPosix", "Values", "Sheets"],
      swiftSettings: settings),
    .testTarget(name: "SQLiteTests", dependencies: ["SQLite"], swiftSettings: settings),
    .testTarget(
      name: "IAuthCoreTests", dependencies: ["IAuthCore", "Values", "Sheets"],
      swiftSettings: settings),
    .testTarget(
      name: "IAuthTests", dependencies: ["iauth", "IAuthCore", "SQLite", "Values", "Sheets"],
      exclude: ["Transcripts"], swiftSettings: settings),
  ]
)
