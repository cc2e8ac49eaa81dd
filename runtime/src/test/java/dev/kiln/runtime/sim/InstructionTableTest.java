package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** {@code docs/simulator-instructions.md} is made here, from what the simulator accepts. */
class InstructionTableTest {
  private static final Path PAGE = Path.of("..", "docs", "simulator-instructions.md");

  /** Instructions that the executor knows itself. */
  private static final List<String> CONTROL = List.of("bra", "brx", "call", "exit", "ret");

  /** Every opcode of the manual, version 9.0, by the sections of its chapter 9.7. */
  private static final String[][] MANUAL = {
    {
      "Integer arithmetic",
      "abs add addc bfe bfi bfind bmsk brev clz div dp2a dp4a fns mad mad24 madc max min mul mul24"
          + " neg popc rem sad sub subc szext"
    },
    {
      "Floating point", "copysign cos ex2 fma lg2 rcp rsqrt sin sqrt tanh testp",
    },
    {"Comparison and selection", "selp set setp slct"},
    {"Logic and shifts", "and cnot lop3 not or prmt shf shl shr xor"},
    {
      "Data movement and conversion",
      "applypriority createpolicy cvt cvta discard getctarank isspacep ld ldu mapa mov multimem"
          + " prefetch prefetchu shfl st"
    },
    {"Asynchronous copies", "cp mbarrier tensormap"},
    {"Textures and surfaces", "istypep suld suq sured sust tex tld4 txq"},
    {"Control flow", "bra brx call exit ret"},
    {
      "Synchronisation and communication",
      "activemask atom bar barrier clusterlaunchcontrol elect fence griddepcontrol match membar red"
          + " redux vote"
    },
    {"Matrices", "ldmatrix mma movmatrix stmatrix tcgen05 wgmma wmma"},
    {"Stack", "alloca stackrestore stacksave"},
    {
      "Video",
      "vabsdiff vabsdiff2 vabsdiff4 vadd vadd2 vadd4 vavrg2 vavrg4 vmad vmax vmax2 vmax4 vmin vmin2"
          + " vmin4 vset vset2 vset4 vshl vshr vsub vsub2 vsub4"
    },
    {"Miscellaneous", "brkpt nanosleep pmevent setmaxnreg trap"},
  };

  @Test
  void thePageIsUpToDate() throws IOException {
    String rendered = render();
    if (Boolean.getBoolean("kiln.update")) {
      Files.writeString(PAGE, rendered);
    }
    assertThat(Files.readString(PAGE))
        .as("%s is stale: run this test with -Dkiln.update=true", PAGE)
        .isEqualTo(rendered);
  }

  @Test
  void everyOpcodeOfTheSimulatorIsInTheTable() {
    List<String> listed =
        Arrays.stream(MANUAL).flatMap(section -> Arrays.stream(section[1].split(" "))).toList();
    assertThat(listed).doesNotHaveDuplicates().containsAll(InstructionSet.all().opcodes());
  }

  @Test
  void everyFormSaidToBeRefusedIs() throws IOException {
    String text = refusedText();
    long instructions = text.lines().filter(line -> line.matches("  [a-z].*")).count();
    assertThat(refused()).hasSize((int) instructions - 1); // but ret
  }

  private static String render() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("# Instructions that the simulator knows");
    lines.add("");
    lines.add(
        "This page is made by a test, `InstructionTableTest`, of what the simulator accepts;");
    lines.add("`-Dkiln.update=true` writes it anew. Opcodes are those of the PTX ISA manual 9.0.");
    for (String[] section : MANUAL) {
      lines.add("");
      lines.add("## " + section[0]);
      lines.add("");
      addSection(lines, section[1].split(" "));
    }
    lines.add("");
    lines.add("## Forms that are refused");
    lines.add("");
    lines.add("Opcodes that are known have other forms that are not:");
    lines.add("");
    lines.add("| instruction | why |");
    lines.add("| --- | --- |");
    for (PtxDiagnostic diagnostic : refused()) {
      int colon = diagnostic.message().indexOf(": ");
      lines.add(
          "| `%s` | %s |"
              .formatted(
                  diagnostic.message().substring(0, colon),
                  diagnostic.message().substring(colon + 2)));
    }
    return String.join("\n", lines) + "\n";
  }

  private static void addSection(List<String> lines, String[] opcodes) {
    List<String> known = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String opcode : opcodes) {
      Optional<String> why = refusal(opcode);
      if (why.isEmpty()) {
        known.add("`" + opcode + "`");
      } else {
        others.add("- `%s`: no; %s".formatted(opcode, why.get()));
      }
    }
    if (!known.isEmpty()) {
      lines.add(String.join(" ", known));
    }
    if (!known.isEmpty() && !others.isEmpty()) {
      lines.add("");
    }
    lines.addAll(others);
  }

  /** Why no form of an opcode can be run; empty if some can. */
  private static Optional<String> refusal(String opcode) {
    if (CONTROL.contains(opcode)) {
      return Optional.empty();
    }
    if (InstructionSet.all().find(opcode).isEmpty()) {
      return Optional.of("unknown");
    }
    try {
      String text =
          ".version 9.0\n.target sm_100a\n.address_size 64\n.entry k() {\n%s;\nret;\n}\n"
              .formatted(opcode);
      return PtxModule.parse("probe.ptx", text).unsupported().stream()
          .map(diagnostic -> diagnostic.message().replaceFirst("^.*: ", ""))
          .filter(message -> message.endsWith("not simulated"))
          .findFirst();
    } catch (PtxException e) {
      return Optional.empty(); // known, but not without operands
    }
  }

  private static List<PtxDiagnostic> refused() throws IOException {
    return PtxModule.parse("refused.ptx", refusedText()).unsupported();
  }

  private static String refusedText() throws IOException {
    try (var in = InstructionTableTest.class.getResourceAsStream("refused.ptx")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
