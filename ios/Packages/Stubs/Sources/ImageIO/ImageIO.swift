/// `CFString` on Apple's systems. An EXIF value from 1 to 8.
public let kCGImagePropertyOrientation = "Orientation"
