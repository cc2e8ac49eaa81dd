package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a program tells about its entry, and what keeps an entry from becoming one. */
class ProgramTest {
  private static Program program(String text) {
    return Kernel.program(Kernel.module(text), "k");
  }

  @Test
  void parametersLieOneAfterTheOtherByTheirAlignment() {
    String text =
        """
        .visible .entry k(.param .u8 a, .param .u64 b, .param .align 16 .b8 c[20], .param .f32 d)
        .reqntid 128, 1, 1
        .minnctapersm 2
        { ret; }
        """;
    PtxModule module = Kernel.module(text);
    Program program = Kernel.program(module, "k");
    assertThat(program.parameters())
        .containsExactly(
            new Parameter("a", PtxType.U8, 0, 1, 1),
            new Parameter("b", PtxType.U64, 8, 8, 8),
            new Parameter("c", PtxType.B8, 16, 20, 16),
            new Parameter("d", PtxType.F32, 36, 4, 4))
        .isEqualTo(module.parameters("k"));
    assertThat(program.parameterBytes()).isEqualTo(40);
    assertThat(program.directives()).containsEntry("reqntid", List.of(128, 1, 1));
    assertThat(module.entries()).containsExactly("k");
  }

  @Test
  void parametersHaveAnEnd() {
    assertThatThrownBy(() -> Kernel.module(".visible .entry k(.param .b8 p[32765]) { ret; }"))
        .hasMessage("test.ptx:4:17: the parameters take 32,765 bytes; at most 32,764 are allowed");
  }

  @Test
  void onlySharedVariablesThatAreReachedAreLaidOut() {
    String text =
        """
        .shared .align 16 .b8 unused[1000];
        .shared .b8 flag;
        .extern .shared .align 128 .b8 dynamic[];
        .func f() { .shared .align 32 .b8 tile[64]; .reg .u32 %a; mov.u32 %a, tile; ret; }
        .visible .entry other() { .reg .u32 %a; mov.u32 %a, unused; ret; }
        .visible .entry k() {
          .shared .f64 sum;
          .reg .u32 %a<4>;
          mov.u32 %a0, flag;
          mov.u32 %a1, sum;
          mov.u32 %a2, dynamic;
          call f;
          ret;
        }
        """;
    Program program = program(text);
    assertThat(program.sharedVariables())
        .containsExactly(
            new PlacedVariable("flag", 0, 1),
            new PlacedVariable("tile", 32, 64),
            new PlacedVariable("sum", 96, 8));
    assertThat(program.staticShared()).isEqualTo(104);
    assertThat(program.dynamicSharedAlignment()).isEqualTo(128);
    assertThat(program.constants()).anyMatch(c -> c.bits() == 32 && c.value() == 128);
  }

  @Test
  void sharedMemoryForTheSystemIsSetApartWhereItIsAskedFor() {
    String text =
        Kernel.storing(
            "mov.u32 %r1, %reserved_smem_offset_1;\nmov.u32 %r0, %reserved_smem_offset_end;\n");
    assertThat(program(text).staticShared()).isEqualTo(1024);
    assertThat(program(text).constants()).anyMatch(c -> c.bits() == 32 && c.value() == 1024);
    assertThat(program(Kernel.storing("mov.u32 %r0, 1;\n")).staticShared()).isZero();
  }

  @Test
  void equalConstantsShareASlot() {
    String text =
        Kernel.storing("add.s32 %r0, %r19, 5;\nadd.s32 %r0, %r0, 5;\nmul.lo.s32 %r0, %r0, 0x5;\n");
    assertThat(program(text).constants()).filteredOn(c -> c.value() == 5).hasSize(1);
  }

  @Test
  void leadersAreWhereControlMayEnter() {
    String text =
        """
        .func f() { ret; }
        .visible .entry k() {
          .reg .pred %p;
          .reg .u32 %a<3>;
          @%p bra over;
          mov.u32 %a0, 1;
          mov.u32 %a1, 2;
        over:
          mov.u32 %a0, 3;
          call f;
          mov.u32 %a1, 4;
          ret;
        }
        """;
    // bra, mov, mov, mov, call, mov, ret; ret of f
    assertThat(program(text).leaders())
        .containsExactly(true, true, false, true, false, true, false, true);
  }

  @Test
  void aFunctionIsLinkedOnce() {
    String text =
        """
        .func f() { ret; }
        .func g() { call f; ret; }
        .visible .entry k() { call f; call g; call f; ret; }
        """;
    assertThat(program(text).steps()).hasSize(4 + 2 + 1);
  }

  @Test
  void whatIsNotSupportedIsListedAndFailsOnlyEntriesThatUseIt() {
    String text =
        """
        .extern .func mystery();
        .func f() {
          .reg .u32 %a;
          frobnicate.u32 %a, 1;
          ret;
        }
        .func g() { call f; ret; }
        .visible .entry good() { ret; }
        .visible .entry bad() {
          .reg .u32 %a;
          add.u32.shiny %a, %a, 1;
          call mystery;
          call g;
          ret;
        }
        """;
    PtxModule module = Kernel.module(text);
    String[] expected = {
      "test.ptx:7:3: unknown instruction 'frobnicate.u32'",
      "test.ptx:14:3: add.u32.shiny: unknown modifier '.shiny' of add",
      "test.ptx:15:3: call: function 'mystery' has no body"
    };
    assertThat(Kernel.messages(module.unsupported())).containsExactly(expected);
    assertThat(Kernel.messages(module.unsupported("bad"))).containsExactly(expected);
    assertThat(module.unsupported("good")).isEmpty();
    assertThat(Kernel.program(module, "good").steps()).hasSize(1);
    assertThatThrownBy(() -> Kernel.program(module, "bad")).hasMessage(String.join("\n", expected));
  }

  @Test
  void anEntryThatDoesNotExistIsTold() {
    PtxModule module = Kernel.module(".visible .entry k() { ret; }");
    assertThatThrownBy(() -> Kernel.program(module, "q"))
        .hasMessage("no entry 'q' in test.ptx; there are [k]");
  }

  @Test
  void aDecoderThatFailsIsAnUnsupportedForm() {
    Instructions failing =
        new Instructions(
            opcode ->
                Optional.of(
                    context -> {
                      throw new IndexOutOfBoundsException("5");
                    }),
            (name, arguments, result) -> Optional.empty());
    PtxModule module =
        PtxModule.parse(
            "test.ptx", Kernel.HEADER + ".visible .entry k() { odd.thing 1; ret; }", failing);
    assertThat(Kernel.messages(module.unsupported()))
        .singleElement()
        .asString()
        .startsWith("test.ptx:4:23: odd.thing: this form is not understood");
  }

  @Test
  void sitesTellTheLineTheFunctionAndTheSource() {
    String text =
        """
        .file 1 "kernel.cu"
        .visible .entry k() {
          .reg .u32 %a;
          .loc 1 42 7
          mov.u32 %a, 1;
        }
        """;
    Program program = program(text);
    assertThat(program.steps()[0].site()).hasToString("test.ptx:8 (kernel.cu:42)");
    assertThat(program.steps()[0].site().function()).isEqualTo("k");
    assertThat(program.steps()[1].site().pc()).isEqualTo(1);
  }

  @Test
  void stepsThatNobodyWroteAreMarked() {
    String text = Kernel.storing("mov.u32 %r0, %clock;\n");
    assertThat(program(text).steps()).filteredOn(InsertedStep.class::isInstance).hasSize(1);
  }

  @Test
  void aLargeKernelNeedsFewSlots() {
    StringBuilder text = new StringBuilder();
    text.append(".visible .entry k() {\n.reg .b32 %r<20001>;\n");
    text.append("mov.u32 %r0, %tid.x;\nmov.u32 %r1, %tid.y;\n");
    for (int i = 2; i < 20_000; i++) {
      text.append("add.s32 %r").append(i).append(", %r").append(i - 1);
      text.append(", %r").append(i - 2).append(";\n");
    }
    Program program = program(text + "ret;\n}\n");
    assertThat(program.steps()).hasSize(20_001);
    assertThat(program.words()).isLessThan(10);
  }
}
