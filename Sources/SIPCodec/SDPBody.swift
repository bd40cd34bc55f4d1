/// A session description in a message.
public struct SDPBody: Sendable {
    /// Where it stands in the span.
    public let range: Range<Int>
    /// The part that it is the body of; nil when it is all of the message's body.
    public let part: MultipartPart?
    /// The part that this part stands in; nil when it stands in the message's body itself.
    public let outerPart: MultipartPart?

    @_noLocks
    init(range: Range<Int>, part: MultipartPart?, outerPart: MultipartPart?) {
        self.range = range
        self.part = part
        self.outerPart = outerPart
    }
}
