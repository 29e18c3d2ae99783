package org.elasticsearch.core;

/** A stub: see the README of the stubs. */
@FunctionalInterface
public interface CheckedFunction<T, R, E extends Exception> {
  R apply(T t) throws E;
}
