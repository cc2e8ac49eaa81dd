package dev.kiln.compiler.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.filecheck.FileCheck;
import dev.kiln.compiler.ir.TileFunction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Runs the files under {@code tir}, each folder of which belongs to a pass. */
class PassFileTest {
  private static List<Path> files() {
    return TirFile.in("").stream()
        .filter(path -> !TirFile.read(path).directives("run").isEmpty())
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> passesMakeOfEachFileWhatItSays() {
    return files().stream()
        .map(
            path ->
                DynamicTest.dynamicTest(
                    TirFile.ROOT.relativize(path).toString(), () -> check(TirFile.read(path))));
  }

  private static void check(TirFile file) {
    PassPipeline pipeline = file.pipeline();
    List<TileFunction> before = file.functions();
    List<TileFunction> after = before.stream().map(pipeline::run).toList();
    String output = TirFile.print(after);
    if (FileCheck.hasDirectives(file.input())) {
      FileCheck.check(file.input(), output).ifPresent(Assertions::fail);
    } else if (TirFile.UPDATE) {
      file.update(output);
    } else {
      assertThat(output).isEqualTo(file.golden());
    }
    for (String line : file.directives("eval")) {
      EvalDirective.parse(line).check(before, after);
    }
  }

  @Test
  void everyPassHasAFolderOfFiles() {
    assertThat(StandardPipeline.PASSES.keySet())
        .allMatch(pass -> Files.isDirectory(TirFile.ROOT.resolve(pass)));
  }
}
