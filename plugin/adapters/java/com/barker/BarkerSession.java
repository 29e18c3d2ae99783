package com.barker;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One query at a time: its request is written straight into a direct buffer, and its answer is read
 * from another. Buffers grow to the largest query and are kept, so that a query allocates nothing
 * once they have; only {@link #title} makes a String. One thread at a time; {@link Barker#session}
 * gives each thread its own.
 *
 * <p>The order of calls is: start, addUserKeyword, (addGroup, addToken...), (addAd,
 * addSellingPoint...), rescore. The answer's methods are valid until the next start.
 */
public final class BarkerSession {
  public static final int RESCORED = 0; // BARKER_STATUS_*
  public static final int PARTIAL = 1;
  public static final int BYPASSED = 2;

  /** BARKER_AD_OPT_OUT: the merchant wants the title untouched. */
  public static final int OPT_OUT = 1;

  private static final int TOO_SMALL = 10; // BARKER_E_TOO_SMALL
  private static final int ERROR_SIZE = 256;
  private static final int REQUEST_HEADER = 40; // barker_jni.c: kRequestHeader
  private static final int RESPONSE_HEADER = 40; // kResponseHeader
  private static final int RESULTS = RESPONSE_HEADER + ERROR_SIZE;
  private static final int INITIAL = 1 << 16;

  private enum Part {
    NONE,
    USER,
    GROUP,
    AD,
    ANSWER
  }

  private final Barker barker;
  private final long adSize = Barker.scratchSize(1, 0, 0, 0);
  private final long pointSize = Barker.scratchSize(0, 1, 0, 0);
  private final long stringSize = Barker.scratchSize(0, 0, 1, 0);
  private final long groupSize = Barker.scratchSize(0, 0, 0, 1);
  private final int resultSize = (int) Barker.resultSize();
  private ByteBuffer request = direct(INITIAL);
  private ByteBuffer scratch = direct(INITIAL);
  private ByteBuffer response = direct(INITIAL);

  private Part part = Part.NONE;
  private int ads;
  private int points;
  private int keywords;
  private int groups;
  private int tokens;
  private int countAt; // where the count of the open group's tokens or the open ad's points stands
  private int shown;
  private long deadlineNs;
  private long seed;

  BarkerSession(Barker barker) {
    this.barker = barker;
  }

  private static ByteBuffer direct(long size) {
    return ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.nativeOrder());
  }

  /** Begins a request. The user may be empty: a stranger. */
  public void start(CharSequence query, CharSequence user) {
    ads = points = keywords = groups = tokens = shown = 0;
    deadlineNs = seed = 0;
    part = Part.USER;
    request.clear().position(REQUEST_HEADER);
    putText(query);
    putText(user);
  }

  /** How many ads of the answer get titles; 0: all. */
  public void setShown(int count) {
    shown = count;
  }

  /** A time of System.nanoTime(), from which on the answer is cut short; 0: none. */
  public void setDeadline(long nanoTime) {
    deadlineNs = nanoTime;
  }

  /** The number on which all that is drawn depends; 0: the plugin takes one. */
  public void setSeed(long number) {
    seed = number;
  }

  /** A keyword of the user's recent clicks, newest first. */
  public void addUserKeyword(CharSequence keyword) {
    expect(part == Part.USER, "user keywords come before groups and ads");
    putText(keyword);
    ++keywords;
  }

  /** A named bag of features, whose tokens follow. */
  public void addGroup(CharSequence name) {
    expect(part == Part.USER || part == Part.GROUP, "groups come before ads");
    part = Part.GROUP;
    putText(name);
    openCount();
    ++groups;
  }

  public void addToken(CharSequence token) {
    expect(part == Part.GROUP, "a token follows its group");
    putText(token);
    increase();
    ++tokens;
  }

  /** The next ad of the first pass, best first. Texts other than the title may be empty. */
  public void addAd(
      CharSequence id,
      CharSequence title,
      CharSequence merchant,
      CharSequence category,
      double bid,
      double firstPassScore,
      int flags) {
    openAd(bid, firstPassScore, flags);
    putText(id);
    putText(title);
    putText(merchant);
    putText(category);
  }

  /** As addAd, of texts that are UTF-8 already: begins[i] to ends[i] of id, title and so on. */
  public void addAd(
      byte[] bytes, int[] begins, int[] ends, double bid, double firstPassScore, int flags) {
    openAd(bid, firstPassScore, flags);
    for (int i = 0; i < 4; ++i) putBytes(bytes, begins[i], ends[i]);
  }

  private void openAd(double bid, double firstPassScore, int flags) {
    expect(part != Part.NONE && part != Part.ANSWER, "start comes before ads");
    part = Part.AD;
    reserve(24);
    request.putDouble(firstPassScore).putDouble(bid).putInt(flags);
    openCount();
    ++ads;
  }

  public void addSellingPoint(CharSequence text) {
    expect(part == Part.AD, "a selling point follows its ad");
    putText(text);
    increase();
    ++points;
  }

  public void addSellingPoint(byte[] bytes, int begin, int end) {
    expect(part == Part.AD, "a selling point follows its ad");
    putBytes(bytes, begin, end);
    increase();
    ++points;
  }

  /** Asks the plugin. On an exception there is no answer to be read. */
  public void rescore() throws BarkerException {
    expect(part != Part.NONE && part != Part.ANSWER, "start comes before rescore");
    writeHeader();
    final long needed =
        ads * adSize + points * pointSize + ((long) keywords + tokens) * stringSize
            + groups * groupSize;
    if (scratch.capacity() < needed) scratch = direct(2 * needed);
    final long results = RESULTS + (long) ads * resultSize;
    if (response.capacity() < results + INITIAL / 2) response = direct(results + INITIAL);
    int code = barker.rescore(request, request.position(), scratch, response);
    if (code == TOO_SMALL) {
      response = direct(results + 2 * response.getLong(32));
      code = barker.rescore(request, request.position(), scratch, response);
    }
    if (code != 0) throw new BarkerException(code, error());
    part = Part.ANSWER;
  }

  private void writeHeader() {
    request.putInt(0, ads).putInt(4, points).putInt(8, keywords).putInt(12, groups);
    request.putInt(16, tokens).putInt(20, shown).putLong(24, deadlineNs).putLong(32, seed);
  }

  /** The request's bytes, up to the buffer's position, for tests. */
  ByteBuffer request() {
    return request;
  }

  /** RESCORED, PARTIAL or BYPASSED. */
  public int status() {
    return answer().getInt(0);
  }

  /** BARKER_REASON_*. */
  public int reason() {
    return answer().getInt(4);
  }

  /** Ads of the answer: as many as of the request. */
  public int size() {
    return answer().getInt(8);
  }

  /** The generation of weights that answered; 0: none. */
  public long generation() {
    return answer().getLong(16);
  }

  /** The place in the request of the ad at this rank. */
  public int ad(int rank) {
    return (int) answer().getLong(result(rank) + 8);
  }

  public double score(int rank) {
    return answer().getDouble(result(rank) + 16);
  }

  /** P(click); NaN where it is not predicted. */
  public double pctr(int rank) {
    return answer().getDouble(result(rank) + 24);
  }

  /** How many selling points were put before the title. */
  public int chosenCount(int rank) {
    return answer().getInt(result(rank) + 52);
  }

  /** The place in the ad's selling points of the chosen one with this number, 0 to 2. */
  public int chosen(int rank, int number) {
    if (number < 0 || number >= chosenCount(rank)) throw new IndexOutOfBoundsException(number);
    return answer().getInt(result(rank) + 56 + 32 * number);
  }

  /** The title to be shown, HTML with em elements around selling points. */
  public String title(int rank) {
    final int at = (int) (answer().getLong(24) + response.getLong(result(rank) + 32));
    final byte[] bytes = new byte[(int) response.getLong(result(rank) + 40)];
    response.get(at, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private ByteBuffer answer() {
    expect(part == Part.ANSWER, "rescore comes before its answer");
    return response;
  }

  private int result(int rank) {
    if (rank < 0 || rank >= ads) throw new IndexOutOfBoundsException(rank);
    return RESULTS + rank * resultSize;
  }

  private String error() {
    final byte[] bytes = new byte[ERROR_SIZE];
    response.get(RESPONSE_HEADER, bytes);
    int size = 0;
    while (size < ERROR_SIZE && bytes[size] != 0) ++size;
    return new String(bytes, 0, size, StandardCharsets.UTF_8);
  }

  private void openCount() {
    reserve(4);
    countAt = request.position();
    request.putInt(0);
  }

  private void increase() {
    request.putInt(countAt, request.getInt(countAt) + 1);
  }

  private void putBytes(byte[] bytes, int begin, int end) {
    reserve(4L + end - begin);
    request.putInt(end - begin).put(bytes, begin, end - begin);
  }

  /** Writes size and UTF-8. A lone surrogate becomes U+FFFD, as in the plugin. */
  private void putText(CharSequence text) {
    reserve(4 + 3L * text.length());
    final int sizeAt = request.position();
    request.putInt(0);
    int at = request.position();
    for (int i = 0; i < text.length(); ++i) {
      final char unit = text.charAt(i);
      if (unit < 0x80) {
        request.put(at++, (byte) unit);
      } else if (Character.isHighSurrogate(unit)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        at = putWide(at, Character.toCodePoint(unit, text.charAt(++i)));
      } else {
        at = putWide(at, Character.isSurrogate(unit) ? 0xFFFD : unit);
      }
    }
    request.position(at).putInt(sizeAt, at - sizeAt - 4);
  }

  private int putWide(int at, int point) {
    if (point < 0x800) {
      request.put(at, (byte) (0xC0 | point >> 6));
      request.put(at + 1, (byte) (0x80 | point & 0x3F));
      return at + 2;
    }
    if (point < 0x10000) {
      request.put(at, (byte) (0xE0 | point >> 12));
    } else {
      request.put(at, (byte) (0xF0 | point >> 18));
      request.put(++at, (byte) (0x80 | point >> 12 & 0x3F));
    }
    request.put(at + 1, (byte) (0x80 | point >> 6 & 0x3F));
    request.put(at + 2, (byte) (0x80 | point & 0x3F));
    return at + 3;
  }

  private void reserve(long size) {
    if (request.remaining() >= size) return;
    final ByteBuffer larger = direct(2 * (request.position() + size));
    larger.put(request.flip());
    request = larger;
  }

  private static void expect(boolean holds, String rule) {
    if (!holds) throw new IllegalStateException(rule);
  }
}
