package dev.kiln.runtime.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import dev.kiln.runtime.sim.ptx.Variable.Initializer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PtxParserTest {
  private final PtxFile assorted =
      PtxParser.parse("assorted.ptx", PtxTexts.resource("assorted.ptx"));

  private Variable variable(String name) {
    return assorted.variables().stream()
        .filter(variable -> variable.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Function function(String name) {
    return assorted.functions().stream()
        .filter(function -> function.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aModuleHasAVersionTargetsFilesAndAliases() {
    assertThat(assorted.version()).isEqualTo("9.0");
    assertThat(assorted.targets()).containsExactly("sm_90a", "debug");
    assertThat(assorted.addressSize()).isEqualTo(64);
    assertThat(assorted.aliases()).isEqualTo(Map.of("other", "device"));
    assertThat(assorted.sourceFiles())
        .isEqualTo(Map.of(1, "/sources/kernel.cu", 2, "/sources/include/header.h"));
    assertThat(assorted.lines().get(3)).isEqualTo(".version 9.0");
  }

  @Test
  void functionsKeepTheirOrderLinkageAndDirectives() {
    assertThat(assorted.functions())
        .extracting(Function::name)
        .containsExactly("vprintf", "__assertfail", "device", "everything", "device", "bare");
    assertThat(assorted.functions())
        .extracting(Function::linkage)
        .containsExactly(
            Linkage.EXTERN,
            Linkage.EXTERN,
            Linkage.NONE,
            Linkage.VISIBLE,
            Linkage.WEAK,
            Linkage.NONE);
    assertThat(function("everything").directives())
        .isEqualTo(
            Map.of(
                "maxntid", List.of(128, 1, 1),
                "minnctapersm", List.of(2),
                "reqnctapercluster", List.of(2, 1, 1),
                "explicitcluster", List.of(),
                "maxnreg", List.of(64)));
    assertThat(function("__assertfail").directives()).containsOnlyKeys("noreturn");
    assertThat(function("vprintf").body()).isEmpty();
    assertThat(function("vprintf").results())
        .extracting(Variable::name)
        .containsOnly("func_retval0");
    assertThat(function("bare").parameters()).isEmpty();
  }

  @Test
  void parametersSayWhatTheyPointTo() {
    var parameters = function("everything").parameters();
    assertThat(parameters.get(0).pointee()).contains(new Variable.Pointee(Space.GLOBAL, 16));
    assertThat(parameters.get(0).alignment()).isEqualTo(8);
    assertThat(parameters.get(1).size()).isEqualTo(400);
    assertThat(parameters.get(1).alignment()).isEqualTo(4);
    assertThat(parameters.get(3).vector()).isEqualTo(2);
    assertThat(function("device").parameters().get(1).space()).isEqualTo(Space.REG);
  }

  @Test
  void variablesHaveTypesSizesAndInitialValues() {
    assertThat(variable("dynamic").linkage()).isEqualTo(Linkage.EXTERN);
    assertThat(variable("dynamic").size()).isZero();
    assertThat(variable("matrix").dimensions()).containsExactly(2L, 3L);
    assertThat(variable("matrix").size()).isEqualTo(48);
    assertThat(variable("bytes").dimensions()).containsExactly(15L);
    assertThat(variable("counted").dimensions()).containsExactly(6L);
    assertThat(variable("third").type()).isEqualTo(PtxType.B32);
    assertThat(variable("tile").space()).isEqualTo(Space.SHARED);
    var quad = variable("quad");
    assertThat(quad.space()).isEqualTo(Space.CONST);
    assertThat(quad.vector()).isEqualTo(4);
    assertThat(elements("quad"))
        .extracting(PtxTexts::withoutPositions)
        .containsExactly(
            PtxTexts.withoutPositions(number(true, 0x3F800000L)),
            PtxTexts.withoutPositions(number(false, Double.doubleToRawLongBits(1.0))),
            PtxTexts.withoutPositions(number(false, Double.doubleToRawLongBits(0.5))),
            PtxTexts.withoutPositions(number(false, Double.doubleToRawLongBits(-1e-3))));
  }

  private static Initializer number(boolean single, long bits) {
    var at = new Position(1, 1);
    return new Initializer.Constant(at, new Operand.FloatLiteral(at, single, bits));
  }

  private List<Initializer> elements(String name) {
    return ((Initializer.Elements) variable(name).initializer().orElseThrow()).elements();
  }

  @Test
  void initialValuesMayBeAddressesAndTheirBytes() {
    var at = new Position(1, 1);
    assertThat(elements("mixed").subList(4, 7))
        .extracting(PtxTexts::withoutPositions)
        .containsExactly(
            PtxTexts.withoutPositions(
                new Initializer.AddressOf(at, "counter", 0, false, Optional.of(0xFFL))),
            PtxTexts.withoutPositions(
                new Initializer.AddressOf(at, "counter", 0, false, Optional.of(0xFF00L))),
            PtxTexts.withoutPositions(
                new Initializer.AddressOf(at, "counter", 4, true, Optional.of(0xFF0000L))));
    assertThat(elements("table"))
        .extracting(PtxTexts::withoutPositions)
        .containsExactly(
            PtxTexts.withoutPositions(
                new Initializer.AddressOf(at, "counter", 8, true, Optional.empty())),
            PtxTexts.withoutPositions(
                new Initializer.AddressOf(at, "device", 0, false, Optional.empty())));
  }

  @Test
  void blocksNestAndLabelsStandAnywhere() {
    var body = PtxTexts.body("{ L: add.s32 a, b, c; {} M: } N: ret;");
    assertThat(body).hasSize(3);
    var scope = (Statement.Scope) body.get(0);
    assertThat(scope.statements())
        .hasExactlyElementsOfTypes(
            Statement.Label.class, Instruction.class, Statement.Scope.class, Statement.Label.class);
    assertThat(((Statement.Label) body.get(1)).name()).isEqualTo("N");
  }

  @Test
  void registersAreDeclaredInNumbersAndAlone() {
    var at = new Position(5, 1);
    assertThat(PtxTexts.body(".reg .v2 .f32 %v<4>, one;").stream().map(PtxTexts::withoutPositions))
        .containsExactly(
            PtxTexts.withoutPositions(
                new Statement.Registers(at, PtxType.F32, 2, "%v", Optional.of(4))),
            PtxTexts.withoutPositions(
                new Statement.Registers(at, PtxType.F32, 2, "one", Optional.empty())));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ld.global.f32; ld; [global, f32]",
        "ld .global .f32; ld; [global, f32]",
        "ld.shared::cta.L1::no_allocate.v4.b32; ld; [shared::cta, L1::no_allocate, v4, b32]",
        "mma.sp::ordered_metadata.sync; mma; [sp::ordered_metadata, sync]",
        "cp.async.bulk.tensor.2d.mbarrier::complete_tx::bytes; cp;"
            + " [async, bulk, tensor, 2d, mbarrier::complete_tx::bytes]",
        "atom.global.align; atom; [global, align]",
        "tcgen05.ld.sync.aligned.32x32b.x4.pack::16b.b32; tcgen05;"
            + " [ld, sync, aligned, 32x32b, x4, pack::16b, b32]",
        "exit; exit; []",
      })
  void modifiersKeepTheirOrderAndQualifiers(String text, String opcode, String modifiers) {
    var instruction = PtxTexts.instruction(text + " %r1, %r2;");
    assertThat(instruction.opcode()).isEqualTo(opcode);
    assertThat(instruction.modifiers()).hasToString(modifiers);
    assertThat(instruction.operands()).hasSize(2);
  }

  @Test
  void guardsMayBeNegatedOnBothPlaces() {
    var guard = PtxTexts.instruction("@!%p1 bra L;").guard().orElseThrow();
    assertThat(guard).isEqualTo(new Statement.Guard(new Position(5, 1), "%p1", true));
    assertThat(PtxTexts.instruction("@%p1 bra L;").guard().orElseThrow().negated()).isFalse();
    assertThat(PtxTexts.instruction("bra L;").guard()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "%r1; Name %r1",
        "%tid.x; Name %tid x",
        "$L__BB0_1; Name $L__BB0_1",
        "_; Sink",
        "!%p1; Not [Name %p1]",
        "%r1|%p1; Pair [Name %r1, Name %p1]",
        "_|%p1; Pair [Sink, Name %p1]",
        "{%r1, _, {a, 3}}; Vector [[Name %r1, Sink, Vector [[Name a, IntegerLiteral 3]]]]",
        "[%rd1]; Memory [Name %rd1, 0, []]",
        "[%rd1+0x10]; Memory [Name %rd1, 16, []]",
        "[%rd1+-4]; Memory [Name %rd1, -4, []]",
        "[%rd1 - 4]; Memory [Name %rd1, -4, []]",
        "[a+4*(1+WARP_SZ)]; Memory [Name a, 132, []]",
        "[a[3]]; Memory [Name a, 12, []]",
        "a[3]; Memory [Name a, 12, []]",
        "[4096]; Memory [IntegerLiteral 4096, 0, []]",
        "[t, {%x, %y}]; Memory [Name t, 0, [Vector [[Name %x, Name %y]]]]",
        "[_, {%x}]; Memory [Sink, 0, [Vector [[Name %x]]]]",
        "a+8; Address [Name a, 8]",
        "WARP_SZ; IntegerLiteral 32",
        "0xFFFFFFFFFFFFFFFF; IntegerLiteral -1",
        "(1 + 2) * 3; IntegerLiteral 9",
        "%r2.b0; Name %r2 b0",
      })
  void operandsAreReadInAllForms(String text, String expected) {
    var body = PtxTexts.body(".shared .b32 a[8];\nold.x %r0, " + text + ";");
    var operand = ((Instruction) body.get(1)).operands().get(1);
    assertThat(describe(operand)).isEqualTo(expected);
  }

  private static String describe(Operand operand) {
    return switch (operand) {
      case Operand.Name name ->
          "Name " + name.name() + name.component().map(component -> " " + component).orElse("");
      case Operand.Address address ->
          "Address [" + describe(address.base()) + ", " + address.offset() + "]";
      case Operand.IntegerLiteral literal -> "IntegerLiteral " + literal.value();
      case Operand.FloatLiteral literal -> "FloatLiteral " + literal.bits();
      case Operand.Not not -> "Not [" + describe(not.operand()) + "]";
      case Operand.Vector vector -> "Vector [" + describe(vector.elements()) + "]";
      case Operand.Memory memory ->
          "Memory [%s, %d, %s]"
              .formatted(describe(memory.base()), memory.offset(), describe(memory.rest()));
      case Operand.Pair pair ->
          "Pair [" + describe(pair.first()) + ", " + describe(pair.second()) + "]";
      case Operand.Sink sink -> "Sink";
      case Operand.Group group -> "Group " + describe(group.elements());
    };
  }

  private static String describe(List<Operand> operands) {
    return operands.stream().map(PtxParserTest::describe).toList().toString();
  }

  @Test
  void anElementOfAnArrayIsAnAddressToMov() {
    var body = PtxTexts.body(".shared .v2 .b32 a[8];\nmov.u64 %rd1, a[3];");
    var operand = ((Instruction) body.get(1)).operands().get(1);
    assertThat(describe(operand)).isEqualTo("Address [Name a, 24]");
  }

  @Test
  void callsHaveGroups() {
    var call = PtxTexts.instruction("call.uni (%r1, _), f, (%r2, 3), proto;");
    assertThat(describe(call.operands()))
        .isEqualTo(
            "[Group [Name %r1, Sink], Name f, Group [Name %r2, IntegerLiteral 3], Name proto]");
    assertThat(describe(PtxTexts.instruction("call f, ();").operands()))
        .isEqualTo("[Name f, Group []]");
  }

  @Test
  void positionsCountFromOneInLinesThatEndEitherWay() {
    String text = "\uFEFF.version 9.0\r\n.target sm_80\r\n.entry k() {\r\n\t ret;\f\r\n}\r\n";
    var file = PtxParser.parse("k.ptx", text);
    var statement = file.functions().getFirst().body().orElseThrow().getFirst();
    assertThat(statement.at()).isEqualTo(new Position(4, 3));
    assertThat(file.lines().get(3)).isEqualTo("\t ret;\f");
    assertThat(file.addressSize()).isEqualTo(64);
  }

  @Test
  void linesOfTheSourceStandBetweenInstructions() {
    var body =
        PtxTexts.body(
            ".loc 1 20 3\nadd.s32 a, b, c;\n"
                + ".loc 2 7 1, function_name $L__info+4, inlined_at 1 21 5\nret;");
    assertThat(body.get(0)).isEqualTo(new Statement.SourceLine(new Position(5, 1), 1, 20, 3));
    assertThat(body.get(2)).isEqualTo(new Statement.SourceLine(new Position(7, 1), 2, 7, 1));
  }
}
