package com.barker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The rescoring plugin, libbarker.so, inside of a Java process. All methods may be called on any
 * thread; loads and rollbacks run one at a time while queries go on. {@link #close} waits for the
 * queries that run, and a query that comes later gets a BarkerException.
 *
 * <p>Nothing is loaded by a static initialiser: {@link #loadBridge} is to be called where a host
 * starts its plugins, and what it throws is a BarkerException, so that a node without the library
 * starts and answers by its first pass.
 */
public final class Barker implements AutoCloseable {
  private static final int ERROR_SIZE = 256; // BARKER_ERROR_SIZE
  private static final int CLOSED = Integer.MIN_VALUE;

  private final long handle;

  /** Calls that are inside of the library; CLOSED is added when no further one may enter. */
  private final AtomicInteger inside = new AtomicInteger();

  private final ThreadLocal<BarkerSession> sessions =
      ThreadLocal.withInitial(() -> new BarkerSession(this));

  private Barker(long handle) {
    this.handle = handle;
  }

  /** Loads libbarker_jni.so, an absolute path. To be called again is allowed. */
  public static void loadBridge(Path library) throws BarkerException {
    try {
      System.load(library.toAbsolutePath().toString());
    } catch (LinkageError | SecurityException error) {
      throw new BarkerException("cannot load " + library + ": " + error.getMessage(), error);
    }
  }

  /** Opens libbarker.so and makes a plugin of a TOML text, which may be empty. No weights yet. */
  public static Barker open(Path library, String config) throws BarkerException {
    long[] handle = new long[1];
    byte[] error = new byte[ERROR_SIZE];
    try {
      check(open(bytes(library.toString()), bytes(config), handle, error), error);
    } catch (UnsatisfiedLinkError missing) {
      throw new BarkerException("the bridge is not loaded: " + missing.getMessage(), missing);
    }
    return new Barker(handle[0]);
  }

  /**
   * What a host does at its start: loads the bridge, the plugin and its weights. Whatever fails is
   * told to {@code log}. Empty: there is no plugin, and the first pass is the answer. Weights that
   * are refused leave a plugin that bypasses queries until others are loaded.
   */
  public static Optional<Barker> start(
      Path bridge, Path library, String config, Path weights, Consumer<String> log) {
    Barker barker;
    try {
      loadBridge(bridge);
      barker = open(library, config);
    } catch (BarkerException failure) {
      log.accept("barker is off: " + failure.getMessage());
      return Optional.empty();
    }
    try {
      barker.loadWeights(weights);
    } catch (BarkerException failure) {
      log.accept("barker has no weights: " + failure.getMessage());
    }
    return Optional.of(barker);
  }

  /** Switches to a weight file, or to CURRENT of a weights directory. Gives its generation. */
  public long loadWeights(Path path) throws BarkerException {
    long[] generation = new long[1];
    byte[] error = new byte[ERROR_SIZE];
    enter();
    try {
      check(loadWeights(handle, bytes(path.toString()), generation, error), error);
    } finally {
      leave();
    }
    return generation[0];
  }

  /** Back to the weights before. Gives their generation. */
  public long rollback() throws BarkerException {
    long[] generation = new long[1];
    byte[] error = new byte[ERROR_SIZE];
    enter();
    try {
      check(rollback(handle, generation, error), error);
    } finally {
      leave();
    }
    return generation[0];
  }

  /** The calling thread's session, whose buffers are kept from query to query. */
  public BarkerSession session() {
    return sessions.get();
  }

  /** Waits for the calls that run. A second close returns at once. */
  @Override
  public void close() {
    int calls;
    do {
      calls = inside.get();
      if (calls < 0) return;
    } while (!inside.compareAndSet(calls, calls + CLOSED));
    awaitLast();
    destroy(handle);
  }

  private synchronized void awaitLast() {
    boolean interrupted = false;
    while (inside.get() != CLOSED) {
      try {
        wait();
      } catch (InterruptedException ignored) {
        interrupted = true; // The plugin must not go while a query is inside of it.
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  private void enter() throws BarkerException {
    int calls;
    do {
      calls = inside.get();
      if (calls < 0) throw new BarkerException(1, "the plugin is closed");
    } while (!inside.compareAndSet(calls, calls + 1));
  }

  private void leave() {
    if (inside.decrementAndGet() != CLOSED) return;
    synchronized (this) {
      notifyAll();
    }
  }

  /** For measurements of the natives alone. */
  long handle() {
    return handle;
  }

  /** One page, for BarkerSession. Gives a BARKER_* code. */
  int rescore(ByteBuffer request, int size, ByteBuffer scratch, ByteBuffer response)
      throws BarkerException {
    enter();
    try {
      return rescore(
          handle, request, size, scratch, scratch.capacity(), response, response.capacity());
    } finally {
      leave();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void check(int code, byte[] error) throws BarkerException {
    if (code == 0) return;
    int size = 0;
    while (size < error.length && error[size] != 0) ++size;
    String text = new String(Arrays.copyOf(error, size), StandardCharsets.UTF_8);
    throw new BarkerException(code, text.isEmpty() ? "code " + code : text);
  }

  private static native int open(byte[] library, byte[] config, long[] handle, byte[] error);

  private static native void destroy(long handle);

  private static native int loadWeights(
      long handle, byte[] path, long[] generation, byte[] error);

  private static native int rollback(long handle, long[] generation, byte[] error);

  static native long scratchSize(int ads, int points, int strings, int groups);

  static native long resultSize();

  private static native int rescore(
      long handle,
      ByteBuffer request,
      int size,
      ByteBuffer scratch,
      int scratchCapacity,
      ByteBuffer response,
      int responseCapacity);
}
