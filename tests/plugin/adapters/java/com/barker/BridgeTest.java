package com.barker;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.BeforeClass;
import org.junit.Test;

public class BridgeTest {
  private static final int THREADS = 8;

  @BeforeClass
  public static void load() throws BarkerException {
    Barker.loadBridge(TestPage.BRIDGE);
  }

  private static Barker open() throws BarkerException {
    final Barker barker = Barker.open(TestPage.LIBRARY, "");
    barker.loadWeights(TestPage.WEIGHTS);
    return barker;
  }

  private static List<TestPage.Answer> ask(Barker barker) throws BarkerException {
    final BarkerSession session = barker.session();
    TestPage.fill(session);
    session.rescore();
    return TestPage.answers(session);
  }

  @Test
  public void answersAreThoseOfTheLibraryToTheLastBit() throws Exception {
    try (Barker barker = open()) {
      final List<TestPage.Answer> answers = ask(barker);
      assertEquals(BarkerSession.RESCORED, barker.session().status());
      assertEquals(TestPage.ADS, answers.size());
      assertEquals(TestPage.direct(), answers);
      assertTrue(answers.stream().anyMatch(ad -> ad.title().contains("<em>")));
      assertTrue(answers.stream().anyMatch(ad -> ad.title().contains("跑步鞋")));
      assertTrue(answers.stream().anyMatch(ad -> ad.title().contains("👟")));
    }
  }

  @Test
  public void chosenSellingPointsStandInTheTitle() throws Exception {
    try (Barker barker = open()) {
      ask(barker);
      final BarkerSession session = barker.session();
      int seen = 0;
      for (int rank = 0; rank < session.size(); ++rank) {
        for (int i = 0; i < session.chosenCount(rank); ++i, ++seen) {
          final String point = TestPage.points(session.ad(rank)).get(session.chosen(rank, i));
          assertTrue(session.title(rank), session.title(rank).contains(point));
        }
      }
      assertTrue(seen > 0);
    }
  }

  @Test
  public void onlyTheAdsThatAreShownGetSellingPoints() throws Exception {
    try (Barker barker = open()) {
      final List<TestPage.Answer> all = ask(barker);
      final BarkerSession session = barker.session();
      TestPage.fill(session);
      session.setShown(5);
      session.rescore();
      assertEquals(all.subList(0, 5), TestPage.answers(session).subList(0, 5));
      for (int rank = 5; rank < session.size(); ++rank) assertEquals(0, session.chosenCount(rank));
    }
  }

  @Test
  public void withoutWeightsThePageIsTheFirstPass() throws Exception {
    try (Barker barker = Barker.open(TestPage.LIBRARY, "")) {
      final List<TestPage.Answer> answers = ask(barker);
      assertEquals(BarkerSession.BYPASSED, barker.session().status());
      assertEquals(0, barker.session().generation());
      for (int i = 0; i < answers.size(); ++i) assertEquals(i, answers.get(i).ad());
    }
  }

  @Test
  public void refusedWeightsLeaveTheOldOnesServing() throws Exception {
    try (Barker barker = open()) {
      final List<TestPage.Answer> before = ask(barker);
      final BarkerException refused =
          assertThrows(
              BarkerException.class, () -> barker.loadWeights(Path.of("/nowhere.barker")));
      assertEquals(4, refused.code()); // BARKER_E_NOT_FOUND
      assertTrue(refused.getMessage(), refused.getMessage().contains("/nowhere.barker"));
      assertEquals(before, ask(barker));
    }
  }

  @Test
  public void aWrongConfigurationIsRefusedWithItsKey() {
    final BarkerException refused =
        assertThrows(BarkerException.class, () -> Barker.open(TestPage.LIBRARY, "colour = 1"));
    assertTrue(refused.getMessage(), refused.getMessage().contains("colour"));
  }

  @Test
  public void aLibraryThatIsNotThereIsRefusedByName() {
    final BarkerException refused =
        assertThrows(BarkerException.class, () -> Barker.open(Path.of("/nowhere.so"), ""));
    assertTrue(refused.getMessage(), refused.getMessage().contains("/nowhere.so"));
  }

  @Test
  public void aRequestBeyondTheLimitsIsRefusedAndTheNextIsAnswered() throws Exception {
    try (Barker barker = open()) {
      final BarkerSession session = barker.session();
      session.start("q".repeat(70_000), "");
      session.addAd("", "title", "", "", 1, 1, 0);
      final BarkerException refused = assertThrows(BarkerException.class, session::rescore);
      assertTrue(refused.getMessage(), refused.getMessage().contains("query"));
      assertThrows(IllegalStateException.class, session::status);
      assertEquals(TestPage.ADS, ask(barker).size());
    }
  }

  @Test
  public void titlesLargerThanTheBufferGrowIt() throws Exception {
    try (Barker barker = open()) {
      final BarkerSession session = barker.session();
      session.start("shoes", "");
      final String title = "鞋 <&> ".repeat(4000);
      for (int i = 0; i < 20; ++i) session.addAd("", title, "", "", 1, 20 - i, 0);
      session.rescore();
      assertTrue(session.title(0).contains("鞋 &lt;&amp;&gt;"));
    }
  }

  @Test
  public void brokenTextBecomesTheReplacementCharacter() throws Exception {
    try (Barker barker = open()) {
      final BarkerSession session = barker.session();
      session.start("shoes \ud83d", "\udc00");
      session.addAd("", "shoes \ud83d é", "", "", 1, 1, 0);
      session.rescore();
      assertEquals("shoes \ufffd é", session.title(0));
    }
  }

  @Test
  public void partsInTheWrongOrderAreRefused() throws Exception {
    try (Barker barker = open()) {
      final BarkerSession session = new BarkerSession(barker);
      assertThrows(IllegalStateException.class, session::rescore);
      session.start("shoes", "");
      assertThrows(IllegalStateException.class, () -> session.addSellingPoint("waterproof"));
      assertThrows(IllegalStateException.class, () -> session.addToken("gender=f"));
      session.addAd("", "shoes", "", "", 1, 1, 0);
      assertThrows(IllegalStateException.class, () -> session.addUserKeyword("tent"));
      assertThrows(IllegalStateException.class, () -> session.addGroup("profile"));
    }
  }

  @Test
  public void aDamagedRequestIsRefusedAndNeverReadBeyondItsEnd() throws Exception {
    try (Barker barker = open()) {
      final BarkerSession session = barker.session();
      TestPage.fill(session);
      session.rescore();
      final ByteBuffer whole = session.request();
      final ByteBuffer scratch = ByteBuffer.allocateDirect(1 << 16);
      final ByteBuffer response = ByteBuffer.allocateDirect(1 << 16);
      for (int size = 0; size < whole.position(); size += 7) {
        final ByteBuffer cut = ByteBuffer.allocateDirect(Math.max(size, 1));
        cut.put(whole.duplicate().flip().limit(size));
        assertEquals(1, barker.rescore(cut, size, scratch, response));
      }
      for (int at = 0; at < 24; at += 4) {
        final ByteBuffer changed = ByteBuffer.allocateDirect(whole.position());
        changed.order(whole.order()).put(whole.duplicate().flip());
        changed.putInt(at, at == 20 ? -1 : Integer.MAX_VALUE);
        assertEquals(1, barker.rescore(changed, changed.capacity(), scratch, response));
      }
    }
  }

  @Test
  public void aWarmQueryAllocatesNothing() throws Exception {
    try (Barker barker = open()) {
      final var threads =
          (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      final BarkerSession session = barker.session();
      final String[] titles = new String[TestPage.ADS];
      for (int i = 0; i < titles.length; ++i) titles[i] = TestPage.title(i);
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < 20; ++round) {
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int query = 0; query < 10; ++query) {
          session.start(TestPage.QUERY, "anna");
          for (String title : titles) {
            session.addAd("", title, "", "", 1, 1, 0);
            session.addSellingPoint("waterproof");
          }
          session.rescore();
        }
        allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, allocated);
      final long before = threads.getCurrentThreadAllocatedBytes();
      assertFalse(session.title(0).isEmpty());
      assertTrue(threads.getCurrentThreadAllocatedBytes() > before); // the counter counts
    }
  }

  @Test
  public void eightThreadsGetTheSameAnswersWhileWeightsAreSwapped() throws Exception {
    try (Barker barker = open()) {
      final List<TestPage.Answer> expected = ask(barker);
      final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
      final CountDownLatch swapped = new CountDownLatch(10);
      final List<Future<Integer>> asked = new ArrayList<>();
      for (int i = 0; i < THREADS; ++i) {
        asked.add(
            threads.submit(
                () -> {
                  int queries = 0;
                  long generation = 0;
                  do {
                    assertEquals(expected, ask(barker));
                    assertTrue(barker.session().generation() >= generation);
                    generation = barker.session().generation();
                    ++queries;
                  } while (swapped.getCount() > 0);
                  return queries;
                }));
      }
      long generation = 0;
      for (; swapped.getCount() > 0; swapped.countDown()) {
        final long loaded = barker.loadWeights(TestPage.WEIGHTS);
        assertTrue(loaded > generation);
        generation = loaded;
      }
      for (Future<Integer> queries : asked) assertTrue(queries.get(60, TimeUnit.SECONDS) > 0);
      threads.shutdown();
      ask(barker);
      assertEquals(generation, barker.session().generation());
    }
  }

  @Test
  public void closeWaitsForQueriesAndLaterOnesAreRefused() throws Exception {
    for (int round = 0; round < 5; ++round) {
      final Barker barker = open();
      final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
      final CountDownLatch started = new CountDownLatch(THREADS);
      final List<Future<BarkerException>> asked = new ArrayList<>();
      for (int i = 0; i < THREADS; ++i) {
        asked.add(
            threads.submit(
                () -> {
                  started.countDown();
                  try {
                    while (true) assertEquals(TestPage.ADS, ask(barker).size());
                  } catch (BarkerException closed) {
                    return closed;
                  }
                }));
      }
      started.await();
      final Future<?> other = threads.submit(barker::close);
      barker.close();
      for (Future<BarkerException> closed : asked) {
        assertEquals("the plugin is closed", closed.get(60, TimeUnit.SECONDS).getMessage());
      }
      other.get(60, TimeUnit.SECONDS);
      threads.shutdown();
    }
  }
}
