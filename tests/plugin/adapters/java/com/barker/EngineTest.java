package com.barker;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.barker.engine.BarkerNode;
import com.barker.engine.RescoreRequest;
import com.barker.engine.ShardRescorer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What engines that are made of Lucene share. */
public class EngineTest {
  @Rule public final TemporaryFolder folder = new TemporaryFolder();

  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  /** The body of a search for the test page. */
  static Map<String, Object> body() {
    final Map<String, Object> body = new HashMap<>();
    body.put("query", TestPage.QUERY);
    body.put("user", "anna");
    body.put("user_keywords", TestPage.KEYWORDS);
    body.put("groups", Map.of("profile", List.of("gender=f")));
    return body;
  }

  private BarkerNode node(Path weights) {
    return BarkerNode.start(
        new BarkerNode.Places(TestPage.BRIDGE, TestPage.LIBRARY, null, weights, 5), log::add);
  }

  private static void refuse(String name, Object value, String expected) {
    final Map<String, Object> body = body();
    body.put(name, value);
    final IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> RescoreRequest.of(body));
    assertTrue(wrong.getMessage(), wrong.getMessage().startsWith(expected));
  }

  @Test
  public void aRequestIsEqualToTheOneThatItsMapMakes() {
    final Map<String, Object> body = body();
    body.put("seed", 7);
    body.put("timeout_ms", 20L);
    body.put("fields", Map.of("title", "name", "bid", "price"));
    final RescoreRequest request = RescoreRequest.of(body);
    assertEquals(request, RescoreRequest.of(request.toMap()));
    assertEquals(request.hashCode(), RescoreRequest.of(request.toMap()).hashCode());
    assertEquals("name", request.fields().title());
    assertEquals("selling_points", request.fields().sellingPoints());
    assertEquals(7, request.toQuery().seed());
    assertTrue(request.toQuery().deadlineNs() > System.nanoTime());
    for (String name : List.of("query", "user", "user_keywords", "groups", "seed", "fields")) {
      final Map<String, Object> other = new HashMap<>(request.toMap());
      other.put(name, Map.of("query", "x", "user", "x", "seed", 8).get(name));
      if (other.get(name) == null) other.remove(name);
      assertNotEquals(name, request, RescoreRequest.of(other));
    }
  }

  @Test
  public void whatIsWrongInABodyIsNamed() {
    refuse("query", "", "query: empty");
    refuse("query", null, "query: missing");
    refuse("query", 7, "query: expected a text");
    refuse("qurey", "x", "qurey: unknown; known are fields, groups,");
    refuse("user_keywords", "waterproof", "user_keywords: expected a list");
    refuse("user_keywords", List.of(1), "user_keywords: expected a text");
    refuse("groups", List.of(), "groups: expected an object");
    refuse("groups", Map.of("profile", "f"), "groups.profile: expected a list");
    refuse("seed", 0.5, "seed: expected a whole number");
    refuse("timeout_ms", -1, "timeout_ms: -1 < 0");
    refuse("fields", Map.of("titel", "name"), "fields.titel: unknown");
    refuse("fields", Map.of("title", 1), "fields.title: expected a text");
  }

  @Test
  public void hitsBeyondTheWindowStayBehindItInTheirOrder() throws Exception {
    try (BarkerNode node = node(TestPage.WEIGHTS);
        TestIndex index = new TestIndex(TestIndex.Kind.OPENSEARCH)) {
      final ShardRescorer shard =
          new ShardRescorer(
              node.barker().orElseThrow(),
              RescoreRequest.of(body()),
              failure -> log.add(failure.getMessage()));
      final ScoreDoc[] before = index.firstPass.scoreDocs;
      final TopDocs found = shard.rescore(index.searcher, index.firstPass, 20);
      assertEquals(TestPage.ADS, found.scoreDocs.length);
      assertNotEquals("the window has an order of its own", before[0].doc, found.scoreDocs[0].doc);
      for (int rank = 1; rank < TestPage.ADS; ++rank) {
        assertTrue("" + rank, found.scoreDocs[rank - 1].score >= found.scoreDocs[rank].score);
        if (rank >= 20) assertEquals(before[rank].doc, found.scoreDocs[rank].doc);
      }
      assertSame(index.firstPass, shard.rescore(index.searcher, index.firstPass, 0));
    }
    assertEquals(List.of(), log);
  }

  @Test
  public void aNodeFollowsItsWeightsAndKeepsThemWhereOthersAreRefused() throws Exception {
    final Path weights = folder.getRoot().toPath();
    publish(weights, "000001.barker", Files.readAllBytes(TestPage.WEIGHTS));
    try (BarkerNode node = node(weights)) {
      final BarkerSession session = node.barker().orElseThrow().session();
      TestPage.fill(session);
      session.rescore();
      final long first = session.generation();
      publish(weights, "000002.barker", new byte[] {1, 2, 3});
      expectLog("barker keeps its weights: ");
      publish(weights, "000003.barker", Files.readAllBytes(TestPage.WEIGHTS));
      expectLog("barker serves weights of generation ");
      TestPage.fill(session);
      session.rescore();
      assertTrue(session.generation() > first);
    }
    assertEquals("each is told once: " + log, 2, log.size());
  }

  private static void publish(Path weights, String name, byte[] bytes) throws Exception {
    Files.write(weights.resolve(name), bytes);
    final Path next = Files.writeString(weights.resolve("next"), name + "\n");
    Files.move(next, weights.resolve("CURRENT"), StandardCopyOption.ATOMIC_MOVE);
  }

  private void expectLog(String start) throws InterruptedException {
    for (int i = 0; i < 2000; ++i) {
      synchronized (log) {
        if (log.stream().anyMatch(line -> line.startsWith(start))) return;
      }
      Thread.sleep(5);
    }
    throw new AssertionError(start + " is not in " + log);
  }

  @Test
  public void aNodeWithoutItsLibraryOrConfigurationIsOff() {
    try (BarkerNode node =
        BarkerNode.start(
            new BarkerNode.Places(
                TestPage.BRIDGE, Path.of("/nowhere.so"), null, TestPage.WEIGHTS, 0),
            log::add)) {
      assertFalse(node.barker().isPresent());
    }
    try (BarkerNode node =
        BarkerNode.start(
            new BarkerNode.Places(
                TestPage.BRIDGE, TestPage.LIBRARY, Path.of("/no.toml"), TestPage.WEIGHTS, 0),
            log::add)) {
      assertFalse(node.barker().isPresent());
    }
    assertTrue(log.toString(), log.get(0).contains("/nowhere.so"));
    assertTrue(log.toString(), log.get(1).contains("/no.toml"));
  }
}
