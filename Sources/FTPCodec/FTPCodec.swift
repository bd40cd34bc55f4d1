// FTPCodec
