/** One class of the Redis client that has a fault, replaced; it goes when the client's does ({@code GarbledRedisTest}). */
@NullMarked
package io.vertx.redis.client.impl;

import org.jspecify.annotations.NullMarked;
