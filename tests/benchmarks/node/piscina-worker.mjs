export default (number) => number
