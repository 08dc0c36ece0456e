package struct RenderedMessage { package let subject: String; package let body: String }
extension Notice { package var kind: MessageKind { .notice }
 package func mail() -> RenderedMessage { RenderedMessage(subject: "", body: "") }
 package func sms() -> String { "" } }
func mailFile(from: String, to: String, subject: String, body: String, date: Timestamp, messageID: String, kind: MessageKind, reference: String) -> [UInt8] { [] }
func smsFile(to: String, text: String) -> [UInt8] { [] }
