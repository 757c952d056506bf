package dev.hearth.engine.cache;

/**
 * Stands for one question in the tier that processes share: the halves of one SHA-256, since whoever can send requests must
 * not be able to make up two with the same key.
 *
 * @param name what the value is found by, 16 bytes
 * @param check what the value must say to be believed, 16 bytes
 */
public record SharedKey(byte[] name, byte[] check) {}
