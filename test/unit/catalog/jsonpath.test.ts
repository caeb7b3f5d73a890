import { describe, expect, test } from '@jest/globals';
import { evaluateJsonPath } from '../../../lib/catalog/jsonpath.ts';
import { JsonPathError } from '../../../lib/catalog/jsonpath-parse.ts';

const credentials: unknown = JSON.parse(`{
  "user": "u", "n": 1, "big": 5000000, "small": 0.00001, "flag": true,
  "o": { "b": [1, 2], "a": null },
  "l": [{ "name": "a", "v": 1 }, { "name": "b", "v": 2.5 }],
  "a.b": "dot", "empty": [], "emptyo": {}
}`);

describe('prints what kubectl prints', () => {
  // Each text was printed by k8s.io/client-go/util/jsonpath for the same credentials.
  test.each([
    ['plain', 'plain'],
    ['{.user}', 'u'],
    ['{ .user }', 'u'],
    ['{$.user}', 'u'],
    ['{@.user}', 'u'],
    ["{['user']}", 'u'],
    ['{.user}:{.n}', 'u:1'],
    ['{.big}', '5e+06'],
    ['{.small}', '1e-05'],
    ['{.flag}', 'true'],
    ['{.o}', 'map[a:<nil> b:[1 2]]'],
    ['{.o.a}', '<nil>'],
    ['{.o.b}', '[1 2]'],
    ['{.o.b[0]}', '1'],
    ["{.o['b'][0]}", '1'],
    ['{.o.b[-1]}', '2'],
    ['{.o.b[*]}', '1 2'],
    ['{.o.b[0:2]}', '1 2'],
    ['{.o.b[1:]}', '2'],
    ['{.o.b[::2]}', '1'],
    ['{.o.b[0,1]}', '1 2'],
    ["{['user','n']}", 'u 1'],
    ['{.a\\.b}', 'dot'],
    ['{.l[0]}', 'map[name:a v:1]'],
    ['{.l[0].*}', 'a 1'],
    ['{.l[*].name}', 'a b'],
    ["{.l[*]['name','v']}", 'a b 1 2.5'],
    ['{..name}', 'a b'],
    ['{.l[?(@.name=="b")].v}', '2.5'],
    ["{.l[?(@.name!='a')].name}", 'b'],
    ['{.l[?(@.v)].name}', 'a b'],
    ['{range .l[*]}{.name}{"\\n"}{end}', 'a\nb\n'],
    ['{range .empty[*]}x{end}', ''],
    ['{.emptyo.*}', ''],
    ['{"lit"}', 'lit'],
    ["{'lit'}", 'lit'],
  ])('for %s', (expression, text) => {
    expect(evaluateJsonPath(expression, credentials)).toBe(text);
  });
});

describe('goes beyond the original, which failed,', () => {
  test.each([
    ['in comparing whole numbers with others', '{.l[?(@.v>1)].name}', 'b'],
    ['in passing over items without the field', '{.l[?(@.zz==1)]}', ''],
    ['in finding a quoted name with a dot', "{['a.b']}", 'dot'],
  ])('%s', (_what, expression, text) => {
    expect(evaluateJsonPath(expression, credentials)).toBe(text);
  });
});

describe('says what is wrong', () => {
  test.each([
    ['{.missing}', 'missing is not found'],
    ['{.h.x}', 'h is not found'],
    ['{.l.name}', 'name is not found'],
    ['{.l[*].zz}', 'zz is not found'],
    ['{.o.b[5]}', 'index 5 is outside of an array of 2'],
    ['{.user[0]}', 'an index is used on what is not an array'],
    ['{user}', 'expected a path such as .host at character 2 of the expression'],
    ['{.user', 'at the end of the expression'],
    ['{.l[(@.length-1)]}', 'expected an index'],
    ['{.o.b[0:2:0]}', 'the step of a slice must be 1 or more'],
    ['{range .l[*]}{.name}', '{range …} without {end}'],
    ['{end}', '{end} without {range …}'],
    ['{"x}', 'expected a closing "'],
    ['{.toString}', 'toString is not found'],
    [`{.${'a'.repeat(5_000)}}`, 'longer than 4096 characters'],
  ])('about %s', (expression, message) => {
    expect(() => evaluateJsonPath(expression, credentials)).toThrow(JsonPathError);
    expect(() => evaluateJsonPath(expression, credentials)).toThrow(message);
  });

  test('without a value of the credentials', () => {
    expect(() => evaluateJsonPath('{.password.x}', { password: 's3cret' })).toThrow(/^x is not found$/);
  });
});

test('an expression that multiplies without end is stopped', () => {
  const many = { l: Array.from({ length: 1_000 }, () => 0) };
  const nested = `${'{range $.l[*]}'.repeat(20)}x${'{end}'.repeat(20)}`;
  expect(() => evaluateJsonPath(nested, many)).toThrow('the expression selects too much');
  let deep: unknown = 1;
  for (let depth = 0; depth < 60; depth += 1) deep = [deep];
  expect(() => evaluateJsonPath(`{${'..[*]'.repeat(8)}}`, deep)).toThrow('the expression selects too much');
});
