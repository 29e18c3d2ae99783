package com.barker;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Prints what a batch of 50 ads costs by the bridge and in C, side by side in one run. */
final class BridgeCost {
  private static final int CALLS = 200;
  private static final int ROUNDS = 105;

  private BridgeCost() {}

  public static void main(String[] words) throws Exception {
    Barker.loadBridge(TestPage.BRIDGE);
    System.out.print("A plugin that is switched off, so that little but the bridge is left: ");
    measure("enabled = false");
    System.out.print("A plugin that rescores: ");
    measure("");
  }

  private static void measure(String config) throws Exception {
    try (Barker barker = Barker.open(TestPage.LIBRARY, config)) {
      barker.loadWeights(TestPage.WEIGHTS);
      final BarkerSession session = barker.session();
      final byte[][] titles = new byte[TestPage.ADS][];
      final byte[][] points = new byte[TestPage.ADS][];
      for (int ad = 0; ad < TestPage.ADS; ++ad) {
        titles[ad] = TestPage.title(ad).getBytes(StandardCharsets.UTF_8);
        points[ad] = TestPage.points(ad).get(0).getBytes(StandardCharsets.UTF_8);
      }
      final double[] direct = new double[ROUNDS];
      final double[] call = new double[ROUNDS];
      final double[] whole = new double[ROUNDS];
      final double[] fill = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; ++round) {
        fill(session, titles, points);
        session.rescore();
        final ByteBuffer request = session.request();
        final ByteBuffer scratch = ByteBuffer.allocateDirect(1 << 17);
        final ByteBuffer response =
            ByteBuffer.allocateDirect(1 << 17).order(ByteOrder.nativeOrder());
        final int size = request.position();
        direct[round] =
            direct(
                    barker.handle(), request, size, scratch, 1 << 17, response, 1 << 17, CALLS)
                / 1e3
                / CALLS;
        long begin = System.nanoTime();
        for (int i = 0; i < CALLS; ++i) barker.rescore(request, size, scratch, response);
        call[round] = (System.nanoTime() - begin) / 1e3 / CALLS;
        begin = System.nanoTime();
        for (int i = 0; i < CALLS; ++i) fill(session, titles, points);
        fill[round] = (System.nanoTime() - begin) / 1e3 / CALLS;
        begin = System.nanoTime();
        for (int i = 0; i < CALLS; ++i) {
          fill(session, titles, points);
          session.rescore();
        }
        whole[round] = (System.nanoTime() - begin) / 1e3 / CALLS;
      }
      System.out.printf(
          "us a batch of %d, medians: in C %.2f, by JNI %.2f, filling %.2f, both %.2f%n",
          TestPage.ADS, median(direct), median(call), median(fill), median(whole));
      final double[] bridge = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; ++i) bridge[i] = call[i] - direct[i];
      System.out.printf("by JNI minus in C, median of rounds: %.2f us%n", median(bridge));
    }
  }

  private static void fill(BarkerSession session, byte[][] titles, byte[][] points) {
    session.start(TestPage.QUERY, "anna");
    for (int ad = 0; ad < titles.length; ++ad) {
      BEGINS[2] = BEGINS[3] = ENDS[1] = ENDS[2] = ENDS[3] = titles[ad].length;
      session.addAd(
          titles[ad], BEGINS, ENDS, TestPage.bid(ad), TestPage.firstPass(ad), 0);
      session.addSellingPoint(points[ad], 0, points[ad].length);
    }
  }

  private static final int[] BEGINS = new int[4]; // id is empty, then the title
  private static final int[] ENDS = new int[4];

  private static double median(double[] values) {
    final double[] sorted = Arrays.copyOfRange(values, 5, values.length); // 5 warm up
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static native long direct(
      long handle,
      ByteBuffer request,
      int size,
      ByteBuffer scratch,
      int scratchCapacity,
      ByteBuffer response,
      int responseCapacity,
      int times);
}
