package com.barker;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runners.MethodSorters;

/** A process of its own: what is missing at the start of a node does not stop it. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class MissingTest {
  private final List<String> log = new ArrayList<>();

  private Optional<Barker> start(Path bridge, Path library, Path weights) {
    return Barker.start(bridge, library, "", weights, log::add);
  }

  @Test
  public void aPluginIsNotOpenedBeforeTheBridgeIsLoaded() {
    final BarkerException refused =
        assertThrows(BarkerException.class, () -> Barker.open(TestPage.LIBRARY, ""));
    assertTrue(refused.getMessage(), refused.getMessage().contains("bridge is not loaded"));
  }

  @Test
  public void bBridgeThatIsMissingOrNoLibraryTurnsBarkerOff() throws Exception {
    assertFalse(start(Path.of("/nowhere.so"), TestPage.LIBRARY, TestPage.WEIGHTS).isPresent());
    assertTrue(log.toString(), log.get(0).contains("/nowhere.so"));
    final Path text = Files.createTempFile("barker", ".so");
    Files.writeString(text, "no library");
    assertFalse(start(text, TestPage.LIBRARY, TestPage.WEIGHTS).isPresent());
    Files.delete(text);
    assertEquals(2, log.size());
  }

  @Test
  public void cLibraryThatIsMissingTurnsBarkerOff() {
    assertFalse(start(TestPage.BRIDGE, Path.of("/nowhere.so"), TestPage.WEIGHTS).isPresent());
    assertTrue(log.toString(), log.get(0).startsWith("barker is off"));
    final Optional<Barker> other = start(TestPage.BRIDGE, TestPage.BRIDGE, TestPage.WEIGHTS);
    assertFalse(other.isPresent());
    assertTrue(log.toString(), log.get(1).contains("barker_entry"));
  }

  @Test
  public void dWeightsThatAreMissingCanComeLater() throws Exception {
    try (Barker barker =
        start(TestPage.BRIDGE, TestPage.LIBRARY, Path.of("/nowhere.barker")).orElseThrow()) {
      assertTrue(log.toString(), log.get(0).contains("/nowhere.barker"));
      assertTrue(barker.loadWeights(TestPage.WEIGHTS) > 0);
    }
  }
}
