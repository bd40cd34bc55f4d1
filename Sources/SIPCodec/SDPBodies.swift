// A session description is the body of a message, or a part of it: of a multipart of any kind, or of a multipart in one
// (RFC 5621 section 3.1, which demands that multipart/mixed and multipart/alternative are understood). Those that are
// nested deeper are not looked for.

/// Finds the session descriptions in the body of a message.
public struct SDPBodies: Sendable {
    /// All of the body, when that is a session description which has not been given yet.
    private var whole: Range<Int>?
    private var outer: MultipartReader?
    private var inner: MultipartReader?
    /// The part that `inner` reads.
    private var outerPart: MultipartPart?

    /// Stands before the first session description in `body`, of the span that is given to every `next`. `contentType` is
    /// the value of the message's Content-Type.
    @_noLocks
    public init(_ bytes: borrowing RawSpan, body: Range<Int>, contentType: Range<Int>) {
        whole = nil
        outer = nil
        inner = nil
        outerPart = nil
        switch BodyType(bytes, contentType) {
        case .sessionDescription: whole = body
        case .multipart(let boundary): outer = MultipartReader(boundary: boundary, body: body)
        case .other: break
        }
    }

    /// The next session description; nil when there is none any more.
    @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> SDPBody? {
        if let range = whole {
            whole = nil
            return SDPBody(range: range, part: nil, outerPart: nil)
        }
        while true {
            if let part = inner?.next(in: bytes) {
                if case .sessionDescription = part.type(in: bytes) {
                    return SDPBody(range: part.body, part: part, outerPart: outerPart)
                }
                continue
            }
            inner = nil
            outerPart = nil
            guard let part = outer?.next(in: bytes) else { return nil }
            switch part.type(in: bytes) {
            case .sessionDescription: return SDPBody(range: part.body, part: part, outerPart: nil)
            case .multipart(let boundary):
                inner = MultipartReader(boundary: boundary, body: part.body)
                outerPart = part
            case .other: break
            }
        }
    }
}
